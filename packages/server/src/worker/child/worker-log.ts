/** What a worker prints, and what its handler logs, as lines of the log: as many as there is room for. */
import type { LogFields, LogKinds, Logger } from '../../core/logger.ts';
import { LineAllowance } from './line-allowance.ts';

/** Where the lines of one worker go. */
export interface WorkerLogOptions {
  /** Has the model, the version and the worker in its fields. */
  readonly logger: Logger;
  /** Called once a second, at most, with the number of lines that were not logged since the last time. */
  readonly onDropped: (lines: number) => void;
}

const REPORT_MS = 1000;

/** The log of one worker; what is beyond its allowance is counted and dropped. */
export class WorkerLog {
  readonly #options: WorkerLogOptions;
  readonly #allowance = new LineAllowance(performance.now());
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkerLogOptions) {
    this.#options = options;
  }

  /** Logs a line, or counts it as dropped. */
  add(level: keyof LogKinds, line: string, fields?: LogFields): void {
    if (this.#allowance.take(line.length, performance.now())) return this.#options.logger[level](line, fields);
    this.#dropped += 1;
    this.#timer ??= setTimeout(() => this.#report(), REPORT_MS);
  }

  /** Says what it has not said yet. */
  close(): void {
    if (this.#timer !== undefined) this.#report();
  }

  #report(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.logger.warn(`${this.#dropped} lines dropped: the worker logs more than there is room for`);
    this.#options.onDropped(this.#dropped);
    this.#dropped = 0;
  }
}
