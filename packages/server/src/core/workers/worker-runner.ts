/** The life of one worker of a pool: starts its process, and another when it dies. */
import { messageOf } from '../errors.ts';
import type { WorkerUsage } from './recycle-policy.ts';
import { restartDelayMs } from './restart-policy.ts';
import type { StartGate, StartTicket } from './start-gate.ts';
import { startTimer } from '../timer.ts';
import type { BatchChannel } from '../batch-dispatcher.ts';
import type { BatchReply } from '../jobs/job.ts';
import type { RowMerging, WorkerLink } from './worker-link.ts';
import { transition, type LifeState, type WorkerState } from './worker-state.ts';

/** A process that was ready for so long has shown that it works: its death begins a new count of failures. */
const STABLE_MS = 60_000;

/** What a runner needs, and whom it tells. */
export interface WorkerRunnerOptions {
  /** Its name in logs, metrics and descriptions; the same for all processes that it starts. */
  readonly workerId: string;
  /** Starts a process; called again for each restart. */
  readonly launch: () => WorkerLink;
  /** Says when. */
  readonly gate: StartGate;
  /** Whether no worker of the version is ready. */
  readonly isMissed: () => boolean;
  /** See `restartDelayMs`. */
  readonly retryWindowMs: number;
  /** Called after each change of state but those between ready and busy. */
  readonly onChange: (runner: WorkerRunner) => void;
  /** Called when a process ended that nobody had asked to. */
  readonly onDeath: (runner: WorkerRunner, reason: string) => void;
}

/** See `WorkerState` for the states and their order. */
export class WorkerRunner {
  /** Its name in logs, metrics and descriptions; the same for each of its processes. */
  readonly workerId: string;
  readonly #options: WorkerRunnerOptions;
  #state: LifeState = 'starting';
  #link: WorkerLink | undefined;
  #startedAt = new Date();
  #readyAt: number | undefined;
  #lastError: string | undefined;
  #failures = 0;
  #firstFailureAt = 0;
  #served = 0;
  #residentBytes = 0;
  #ticket: StartTicket | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: WorkerRunnerOptions) {
    this.workerId = options.workerId;
    this.#options = options;
  }

  /** Where it is in its life. */
  get state(): WorkerState {
    return this.#state === 'ready' && this.#link?.channel?.isIdle !== true ? 'busy' : this.#state;
  }

  /** Where it is given batches. @throws Error while it has no process */
  get channel(): BatchChannel {
    const channel = this.#link?.channel;
    if (channel === undefined) throw new Error(`worker ${this.workerId} was lent out before it was started`);
    return channel;
  }

  /** Of the present process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#link?.pid;
  }

  /** See `WorkerLink.rows`. */
  get rows(): RowMerging | undefined {
    return this.#link?.rows;
  }

  /** See `WorkerLink.problem`. */
  get problem(): string | undefined {
    return this.#link?.problem;
  }

  /** See `WorkerLink.predictor`. */
  get predictor(): unknown {
    return this.#link?.predictor;
  }

  /**
   * Whether jobs may share a batch although nobody said so: a handler of the server's own says that it merges their rows. What
   * somebody else's makes of several rows, nobody knows.
   */
  get mergesJobs(): boolean {
    return this.#link?.isBuiltIn === true && this.rows !== undefined && 'merged' in this.rows;
  }

  /** When the present process was started. */
  get startedAt(): Date {
    return this.#startedAt;
  }

  /** What the present process has served, and holds. */
  get usage(): WorkerUsage {
    const { served = 0, residentBytes = 0 } = this.#link?.usedElsewhere ?? {};
    return { served: this.#served + served, residentBytes: Math.max(this.#residentBytes, residentBytes) };
  }

  /** Why the last process failed to start or ended; undefined when none did since the last success. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Whether a job may wait for this worker: it works, is about to, or worked before and is being started again. */
  get canServe(): boolean {
    switch (this.#state) {
      case 'starting':
        return this.#failures === 0 || this.#readyAt !== undefined;
      case 'ready':
        return true;
      case 'waiting':
        return this.#readyAt !== undefined;
      case 'failed':
      case 'stopping':
      case 'stopped':
        return false;
    }
  }

  /**
   * Starts a process; resolves when it is ready, or was stopped before it could be.
   * @throws ServeError when it does not become ready; it is tried again all the same
   */
  async start(): Promise<void> {
    if (this.#isEnding) return;
    const ticket = this.#options.gate.enter(() => this.#urgency);
    this.#ticket = ticket;
    if (ticket.turn !== undefined) await ticket.turn;
    try {
      await this.#startNow();
    } finally {
      ticket.leave();
    }
  }

  /** Who waits for one that has served may have nobody else to wait for. */
  get #urgency(): number {
    if (this.#readyAt === undefined) return 0;
    return this.#options.isMissed() ? 2 : 1;
  }

  async #startNow(): Promise<void> {
    if (this.#isEnding) return;
    this.#startedAt = new Date();
    this.#served = 0;
    this.#residentBytes = 0;
    const link = this.#options.launch();
    this.#link = link;
    void link.exited.catch(messageOf).then((reason) => this.#onExit(reason));
    try {
      await link.ready;
    } catch (error) {
      if (this.#isEnding) return;
      this.#lastError = messageOf(error);
      throw error;
    }
    this.#onReady();
  }

  /** It has shown that it works. @param jobs how many it has answered */
  answered(jobs: number, { residentBytes = this.#residentBytes }: BatchReply): void {
    this.#failures = 0;
    this.#lastError = undefined;
    this.#served += jobs;
    this.#residentBytes = residentBytes;
  }

  /** Ends the process and stays down; resolves when it is gone. A batch that runs is lost: drain first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restartTimer);
    this.#move('stopping');
    this.#ticket?.leave();
    await this.#link?.stop();
    this.#move('stopped');
  }

  #onReady(): void {
    this.#readyAt = performance.now();
    if (this.#state === 'starting') this.#move('ready');
  }

  #onExit(reason: string): void {
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    if (this.#state !== 'starting') {
      this.#lastError = reason;
      this.#options.onDeath(this, reason);
    }
    this.#scheduleRestart();
  }

  #scheduleRestart(): void {
    const now = performance.now();
    if (this.#state !== 'starting' && now - (this.#readyAt ?? now) >= STABLE_MS) this.#failures = 0;
    if (this.#failures === 0) this.#firstFailureAt = now;
    this.#failures += 1;
    const windowMs = this.#options.retryWindowMs;
    const delay = restartDelayMs({ failures: this.#failures, firstFailureAt: this.#firstFailureAt, now, windowMs });
    this.#move(delay === undefined ? 'failed' : 'waiting');
    if (delay !== undefined && this.#isIn('waiting')) this.#restartTimer = startTimer(() => this.#restart(), delay);
  }

  /** Ends the wait for the next start, where there is one. */
  restartNow(): void {
    if (this.#state !== 'waiting') return;
    clearTimeout(this.#restartTimer);
    this.#restart();
  }

  #restart(): void {
    this.#move('starting');
    // Why it fails is kept in `lastError`.
    this.start().catch(() => {});
  }

  get #isEnding(): boolean {
    return this.#isIn('stopping') || this.#isIn('stopped');
  }

  /** The state by now: whoever heard of a move may have stopped this worker. */
  #isIn(state: LifeState): boolean {
    return this.#state === state;
  }

  #move(to: LifeState): void {
    this.#state = transition(this.#state, to);
    this.#options.onChange(this);
  }
}
