/** The workers of one version: how many there are, which are idle, and how they go without losing a job. */
import { aheadDelayMs } from './ahead-policy.ts';
import { ServeError } from '../errors.ts';
import type { BatchEnd } from '../jobs/job.ts';
import { reasonToRecycle, type RecycleLimits } from './recycle-policy.ts';
import type { StartGate } from './start-gate.ts';
import { WorkerRunner } from './worker-runner.ts';
import type { WorkerLink } from './worker-link.ts';

/** How a pool gets its workers, and whom it tells. */
export interface WorkerPoolOptions {
  /** A new name, unique in the daemon, at each call. */
  readonly nextWorkerId: () => string;
  /** Starts a process for the worker of that name. */
  readonly launch: (workerId: string) => WorkerLink;
  /** See `WorkerRunnerOptions`. */
  readonly gate: StartGate;
  /** How long a worker that keeps failing is started again, and after how much it is replaced. */
  readonly settings: RecycleLimits & { readonly retryWindowMs: number };
  /** Whether jobs still wait: the last workers stay until none do. */
  readonly hasWaitingJobs: () => boolean;
  /** Called after each change of any worker's state. */
  readonly onChange: () => void;
  /** Called when a process ended that nobody had asked to; another one is started, or it has failed. */
  readonly onDeath: (runner: WorkerRunner, reason: string) => void;
  /** Called when a fresh worker is started in place of one. */
  readonly onRecycle: (runner: WorkerRunner, reason: string) => void;
  /** Called when a retired worker is gone. */
  readonly onStopped: (runner: WorkerRunner) => void;
  /** Called when ending one failed, by a fault of ours; it counts as gone. */
  readonly onStopFailed: (runner: WorkerRunner, error: unknown) => void;
}

/** A set of workers between whose ends `scale` moves; retired ones finish their batch first. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #runners: WorkerRunner[] = [];
  readonly #retired = new Map<WorkerRunner, PromiseWithResolvers>();
  /** Fresh workers on their way, by the ones that they will replace. */
  readonly #successors = new Map<WorkerRunner, WorkerRunner>();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** All workers that have not ended, retired ones included. */
  get runners(): readonly WorkerRunner[] {
    return this.#runners;
  }

  /** Workers that answer or can answer at once. */
  get readyCount(): number {
    return this.#runners.filter(({ state }) => state === 'ready' || state === 'busy').length;
  }

  /** Workers that were asked for and have not been retired. */
  get size(): number {
    return this.#runners.length - this.#retired.size - this.#successors.size;
  }

  /** How many of these are not ready: they start, or are about to be started again, or have failed. */
  get notReadyCount(): number {
    return this.#staying().filter(({ state }) => state !== 'ready' && state !== 'busy').length;
  }

  /** Whether new jobs may wait: some worker that stays can be expected to serve them. */
  get canServe(): boolean {
    return this.#runners.some((runner) => runner.canServe && !this.#retired.has(runner));
  }

  /** Whether jobs that wait already can still be served, be it by a retired worker. */
  get canFinish(): boolean {
    return this.#runners.some((runner) => runner.canServe);
  }

  /** Why the latest worker that failed did so. */
  get lastError(): string | undefined {
    return this.#runners.findLast(({ lastError }) => lastError !== undefined)?.lastError;
  }

  /** A worker that is ready for a batch; the one that stays is preferred to a retired one. */
  idle(): WorkerRunner | undefined {
    const isReady = ({ state }: WorkerRunner) => state === 'ready';
    return this.#runners.find((runner) => isReady(runner) && !this.#retired.has(runner)) ?? this.#runners.find(isReady);
  }

  /** The busy worker that may have another batch first, and in how many milliseconds. */
  nearlyIdle(batchMs: number): { readonly runner: WorkerRunner; readonly delayMs: number } | undefined {
    const now = performance.now();
    let [nearest, least]: [WorkerRunner | undefined, number] = [undefined, Infinity];
    for (const runner of this.#runners) {
      if (runner.state !== 'busy' || this.#retired.has(runner)) continue;
      const { channel } = runner;
      const delayMs = aheadDelayMs({ batchMs, turnMs: channel.turnMs(now), inFlight: channel.inFlight });
      const isNearer = delayMs < least || (delayMs === least && channel.inFlight < (nearest?.channel.inFlight ?? 0));
      if (isNearer) [nearest, least] = [runner, delayMs];
    }
    return nearest && { runner: nearest, delayMs: least };
  }

  /** One has done with a batch of so many requests, or will not. */
  batchEnded(runner: WorkerRunner, requests: number, end: BatchEnd): void {
    if (end.kind === 'answered') runner.answered(requests, end);
    this.recycleIfDue(runner);
  }

  /** Starts a fresh worker in place of one that has served or grown enough; the former goes when that one is ready. */
  recycleIfDue(runner: WorkerRunner): void {
    // One at a time: each takes as much memory again for a while.
    if (this.#successors.size > 0 || this.#retired.has(runner) || !runner.canServe) return;
    const reason = reasonToRecycle(runner.usage, this.#options.settings);
    if (reason === undefined) return;
    this.#options.onRecycle(runner, reason);
    const fresh = this.#create();
    this.#successors.set(runner, fresh);
    // Why it fails is in the log; it is tried again all the same.
    fresh.start().catch(() => {});
  }

  /**
   * Starts or retires workers until there are at least `min` and at most `max`; resolves when the new ones are ready and
   * the retired ones are gone.
   * @throws ServeError `worker_start_failed`, with the first failure's own text; the others go on
   */
  async scale(min: number, max: number): Promise<void> {
    const changes: Promise<void>[] = [];
    for (const runner of this.#staying()) if (runner.state === 'failed') changes.push(this.#retire(runner));
    for (let count = this.size; count < min; count += 1) changes.push(this.#startOne());
    for (const runner of this.#dispensable(this.size - max)) changes.push(this.#retire(runner));
    await settleAll(changes);
  }

  /** Retires every worker; resolves when all are gone. */
  async drain(): Promise<void> {
    await this.scale(0, 0);
    await Promise.all([...this.#retired.values()].map(({ promise }) => promise));
  }

  /** Ends every worker at once, whatever it is doing; resolves when all are gone. */
  async stopNow(): Promise<void> {
    const changes = this.#staying().map((runner) => this.#retire(runner));
    await Promise.all([...[...this.#retired.keys()].map((runner) => this.#end(runner)), ...changes]);
  }

  /** Ends retired workers that nobody needs any more; to be called when jobs or workers have changed. */
  reap(): void {
    for (const runner of this.#retired.keys()) {
      const isNeeded = this.size === 0 && runner.canServe && this.#options.hasWaitingJobs();
      const isOccupied = runner.state === 'busy' || runner.state === 'stopping' || runner.state === 'stopped';
      if (!isOccupied && !isNeeded) void this.#end(runner);
    }
  }

  #staying(): WorkerRunner[] {
    const coming = new Set(this.#successors.values());
    return this.#runners.filter((runner) => !this.#retired.has(runner) && !coming.has(runner));
  }

  /** The `count` workers that are missed least: those that do not work come first, the newest before the oldest. */
  #dispensable(count: number): WorkerRunner[] {
    const byUse = this.#staying()
      .reverse()
      .sort((a, b) => usefulness(a) - usefulness(b));
    return byUse.slice(0, Math.max(0, count));
  }

  #startOne(): Promise<void> {
    return this.#create().start();
  }

  #create(): WorkerRunner {
    const workerId = this.#options.nextWorkerId();
    const runner = new WorkerRunner({
      workerId,
      launch: () => this.#options.launch(workerId),
      gate: this.#options.gate,
      isMissed: () => this.readyCount === 0,
      retryWindowMs: this.#options.settings.retryWindowMs,
      onChange: () => this.#onChange(runner),
      onDeath: this.#options.onDeath,
    });
    this.#runners.push(runner);
    return runner;
  }

  #onChange(runner: WorkerRunner): void {
    const [replaced] = [...this.#successors].find(([, fresh]) => fresh === runner) ?? [];
    if (replaced !== undefined && (runner.state === 'ready' || runner.state === 'failed')) {
      this.#successors.delete(replaced);
      void this.#retire(runner.state === 'ready' ? replaced : runner);
    }
    this.#options.onChange();
  }

  #retire(runner: WorkerRunner): Promise<void> {
    const gone = withResolvers();
    this.#retired.set(runner, gone);
    const fresh = this.#successors.get(runner);
    this.#successors.delete(runner);
    if (fresh !== undefined) void this.#retire(fresh);
    this.reap();
    return gone.promise;
  }

  /** Never rejects: somebody waits for its end. */
  async #end(runner: WorkerRunner): Promise<void> {
    await runner.stop().catch((error: unknown) => this.#options.onStopFailed(runner, error));
    const index = this.#runners.indexOf(runner);
    if (index < 0) return;
    this.#runners.splice(index, 1);
    this.#options.onStopped(runner);
    this.#retired.get(runner)?.resolve();
    this.#retired.delete(runner);
  }
}

function usefulness({ state }: WorkerRunner): number {
  if (state === 'busy') return 3;
  if (state === 'ready') return 2;
  return state === 'starting' ? 1 : 0;
}

async function settleAll(changes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(changes);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return;
  const cause: unknown = failure.reason;
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new ServeError('worker_start_failed', reason, { cause });
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Node 20 has no Promise.withResolvers. */
function withResolvers(): PromiseWithResolvers {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
