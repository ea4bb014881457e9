/** The life of a worker's process: how it starts, what it prints, how it is ended, how it ended. What is said over its socket is not read here. */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { ServeError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { endDescendants } from './end-descendants.ts';
import type { SpawnedWorker } from './spawn-worker.ts';
import { exitOf } from './worker-exit.ts';
import { WorkerLog } from './worker-log.ts';
import { LineTail, readLines } from './worker-output.ts';

/** A process, and who hears of its output. */
export interface WorkerChildOptions extends SpawnedWorker {
  /** Has the model, the version and the worker in its fields. */
  readonly logger: Logger;
  /** See `WorkerLogOptions`. */
  readonly onDropped: (lines: number) => void;
}

/** How a process ended. */
export interface ChildExit {
  /** The end of a sentence that begins "Worker died: ". */
  readonly end: string;
  /** Why it was killed, or else how it ended and what it printed last: for the log and the management alone. */
  readonly reason: string;
  /** Why it was killed; undefined when it was not. */
  readonly killReason: ServeError | undefined;
  /** Whether it was asked to end. */
  readonly wasStopped: boolean;
}

/** How long a worker that was asked to end may take before it is killed. */
const STOP_GRACE_MS = 2000;
/** How long a process may live without its socket: one that dies loses the socket first. */
const UNREACHABLE_GRACE_MS = 1000;

/** One process from its start to its end. */
export class WorkerChild {
  /** Our end of the inherited socket pair. */
  readonly socket: Socket;
  /** What it prints goes here; and what its handler logs. */
  readonly log: WorkerLog;
  /** Resolves when the process is gone, its output read and the socket closed. */
  readonly exited: Promise<ChildExit>;
  /** Resolves when nothing is left of the processes that its handler started. */
  readonly #descendantsEnded: Promise<void>;
  readonly #logger: Logger;
  readonly #child: ChildProcess;
  readonly #tail = new LineTail();
  #killReason: ServeError | undefined;
  #isStopping = false;

  constructor({ logger, onDropped, child, socket, mark }: WorkerChildOptions) {
    this.socket = socket;
    this.log = new WorkerLog({ logger, onDropped });
    this.#logger = logger;
    this.#child = child;
    this.exited = exitOf(child).then((end) => this.#onExit(end));
    this.#descendantsEnded = this.exited.then(() => endDescendants({ mark, session: child.pid }));
    this.#watch();
    logger.debug('worker started', { pid: child.pid });
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it is being killed: nothing that it says counts any more. */
  get isKilled(): boolean {
    return this.#killReason !== undefined;
  }

  /** Ends it at once; the first reason counts. */
  kill(reason: ServeError): void {
    if (this.#killReason !== undefined) return;
    this.#killReason = reason;
    this.#logger.error('worker is being killed', { reason: reason.message, error: reason.cause });
    this.#child.kill('SIGKILL');
  }

  /** Resolves when nothing is left of it. @param ask asks it to end; it is killed when it takes too long */
  async stop(ask: () => void): Promise<void> {
    this.#isStopping = true;
    ask();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
    await this.#descendantsEnded;
  }

  #watch(): void {
    // A worker that dies takes its end of the pair with it; `exited` is what counts.
    this.socket.on('error', () => {});
    this.socket.on('close', () => setTimeout(() => this.#onUnreachable(), UNREACHABLE_GRACE_MS).unref());
    if (this.#child.stdout) readLines(this.#child.stdout, (line) => this.log.add('info', line));
    if (this.#child.stderr) readLines(this.#child.stderr, (line) => this.#onErrorLine(line));
  }

  #onErrorLine(line: string): void {
    this.#tail.add(line);
    this.log.add('warn', line);
  }

  /** A process that lives on without its socket, such as one whose handler closed it. */
  #onUnreachable(): void {
    const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (hasEnded || this.#isStopping) return;
    this.kill(new ServeError('worker_died', 'Worker died: it closed its connection to the server.'));
  }

  #onExit(end: string): ChildExit {
    this.socket.destroy();
    this.log.close();
    const killReason = this.#killReason;
    const reason = killReason?.message ?? withErrorOutput(end, this.#tail.toString());
    return { end, reason, killReason, wasStopped: this.#isStopping };
  }
}

/** The end of a process that nobody had asked to go, with what it printed last on stderr. */
function withErrorOutput(end: string, errorOutput: string): string {
  return errorOutput === '' ? `${end}.` : `${end}. Its last words:\n${errorOutput}`;
}
