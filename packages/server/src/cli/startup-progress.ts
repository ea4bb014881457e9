/** What becomes of the models of a start, a line each; on a terminal with a last line that shows what is waited for. */
import type { StartupOutcome } from '../startup-models.ts';

/** Where lines are written; `process.stdout`. */
export type ProgressOutput = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

const REDRAW_MS = 250;
const CLEAR_LINE = '\r\u001B[K';
const DEFAULT_COLUMNS = 80;

/** The lines of one start, written as the outcomes come. */
export class StartupProgress {
  readonly #output: ProgressOutput;
  readonly #waiting: Set<string>;
  readonly #width: number;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param labels of the models that are waited for */
  constructor(labels: readonly string[], output: ProgressOutput) {
    this.#output = output;
    this.#waiting = new Set(labels);
    this.#width = Math.max(0, ...labels.map((label) => label.length));
    if (!output.isTTY || labels.length === 0) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#draw();
  }

  /** Writes the line of a model. */
  show(outcome: StartupOutcome): void {
    this.#waiting.delete(outcome.label);
    const text = describe(outcome);
    if (text !== undefined) this.#writeLine(outcome.label, text);
    if (this.#timer !== undefined) this.#draw();
  }

  /** Writes what is still waited for, and ends. */
  end(): void {
    clearInterval(this.#timer);
    this.#clear();
    for (const label of this.#waiting) this.#writeLine(label, `still starting after ${this.#seconds} s`);
  }

  get #seconds(): number {
    return Math.floor((performance.now() - this.#startedAt) / 1000);
  }

  #writeLine(label: string, text: string): void {
    this.#clear();
    this.#output.write(`  ${label.padEnd(this.#width)}  ${text}\n`);
  }

  #draw(): void {
    if (this.#waiting.size === 0) return;
    const line = `  loading ${[...this.#waiting].join(', ')}`;
    const time = ` … ${this.#seconds} s`;
    // A line that wraps could not be cleared.
    const room = (this.#output.columns || DEFAULT_COLUMNS) - time.length - 1;
    this.#clear();
    this.#output.write((line.length > room ? `${line.slice(0, room - 1)}…` : line) + time);
  }

  #clear(): void {
    if (this.#timer !== undefined) this.#output.write(CLEAR_LINE);
  }
}

/** Undefined for what has a line under another label. */
function describe(outcome: StartupOutcome): string | undefined {
  switch (outcome.kind) {
    case 'ready': {
      const { key, workers, ms } = outcome;
      const count = `${workers === 0 ? 'no' : workers} worker${workers === 1 ? '' : 's'}`;
      return `ready in ${(ms / 1000).toFixed(1)} s (${key.name} ${key.version}, ${count})`;
    }
    case 'failed':
      return `failed: ${outcome.reason.split('\n', 1)[0]}`;
    case 'known':
      return undefined;
  }
}
