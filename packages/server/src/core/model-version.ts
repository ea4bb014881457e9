/** One registered version: whether it can take jobs, its workers, and its end. */
import { Autoscaler, type ScaleMove } from './workers/autoscaler.ts';
import { BatchDispatcher } from './batch-dispatcher.ts';
import { Demands, type Demand } from './workers/demands.ts';
import { ServeError } from './errors.ts';
import { GraphFigures } from './graphs/graph-figures.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { ModelKey } from './model-key.ts';
import type { ModelSignature } from './model-signature.ts';
import type { StartGate } from './workers/start-gate.ts';
import { sleepLong } from './sleep-long.ts';
import { VersionStatistics, type VersionFigures } from './jobs/version-statistics.ts';
import { noWorker } from './no-worker.ts';
import type { VersionSettings } from './registry/version-settings.ts';
import type { WorkerEvents, WorkerLink } from './workers/worker-link.ts';
import { WorkerPool } from './workers/worker-pool.ts';
import type { WorkerRunner } from './workers/worker-runner.ts';

/** What a version is made of; the version itself starts no worker before it is scaled. */
export interface ModelVersionOptions {
  /** Its name and version. */
  readonly key: ModelKey;
  /** How it is served; fixed for its life. */
  readonly settings: VersionSettings;
  /** Starts a worker's process for it; reports what the worker says beside its answers to `events`. */
  readonly launch: (workerId: string, events: WorkerEvents) => WorkerLink;
  /** A new name for a worker, unique in the daemon, at each call. */
  readonly nextWorkerId: () => string;
  /** When workers start, those of all versions. */
  readonly gate: StartGate;
  /** Whether there may be one more worker than were asked for. */
  readonly mayGrow: () => boolean;
  /** Told of everything worth counting. */
  readonly metrics: Metrics;
  /** Carries the key already, so that lines need not name it. */
  readonly logger: Logger;
}

/** Owns a dispatcher of jobs, and the workers that run them. */
export class ModelVersion {
  /** Name and version. */
  readonly key: ModelKey;
  /** How it is served; fixed for its life. */
  readonly settings: VersionSettings;
  /** Takes its jobs. */
  readonly dispatcher: BatchDispatcher;
  /** What its steps have done, where it is a graph. */
  readonly graphFigures = new GraphFigures();
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  readonly #mayGrow: () => boolean;
  readonly #pool: WorkerPool;
  readonly #autoscaler: Autoscaler;
  readonly #statistics = new VersionStatistics();
  #workers = { min: 0, max: 0 };
  #hasBeenReady = false;
  #signature: ModelSignature | undefined;
  readonly #watchers = new Set<() => void>();
  #onPredictorChanged = () => {};
  readonly #demands = new Demands();
  /** Why what still waits is given up. */
  #abandoned: ServeError | undefined;

  constructor(options: ModelVersionOptions) {
    this.key = options.key;
    this.settings = options.settings;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#mayGrow = options.mayGrow;
    this.#pool = this.#createPool(options);
    this.dispatcher = new BatchDispatcher({
      ...options,
      statistics: this.#statistics,
      pool: this.#pool,
      refusals: {
        ofNew: () => (this.canServe ? undefined : this.#noWorker()),
        ofWaiting: () => this.#abandoned ?? (this.#canFinish ? undefined : this.#noWorker()),
      },
      onSubmitted: () => this.#startFirst(),
    });
    this.#autoscaler = this.#createAutoscaler(options);
  }

  /** How many workers were asked for. */
  get workers(): { readonly min: number; readonly max: number } {
    return this.#workers;
  }

  /** All of its workers that have not ended. */
  get runners(): readonly WorkerRunner[] {
    return this.#pool.runners;
  }

  /** Jobs that wait, and how many may. */
  get queue(): { readonly capacity: number; readonly length: number } {
    return this.dispatcher.queue;
  }

  /** Whether a worker has been ready since the version was first given some, or given some again. */
  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  /** What has become of its jobs so far; the server's own count, descriptions do not. */
  get figures(): VersionFigures {
    return this.#statistics.read();
  }

  /** Adds what was counted of its jobs in another process. */
  addFigures(figures: VersionFigures): void {
    this.#statistics.add(figures);
  }

  /** Another process has jobs for it, or had: its number of workers follows them, too. @param source tells those processes apart */
  noteDemand(source: number, demand: Demand): void {
    this.#demands.note(source, demand);
    this.#startFirst();
  }

  /** Jobs that find no worker do not wait until the autoscaler looks by itself. */
  #startFirst(): void {
    if (this.#pool.size === 0) this.#autoscaler.look();
  }

  /** What it takes and gives; undefined until a worker has been ready. */
  get signature(): ModelSignature | undefined {
    return this.#signature;
  }

  /** Whether a job handed in now would find a worker, be it one that is started for it. */
  get canServe(): boolean {
    return this.#pool.canServe || this.#autoscaler.canStartFirst;
  }

  /** Calls back after each change of a worker's state, before waiting jobs are given away; until the result is called. */
  watchWorkers(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Calls back when the model behind its handler, elsewhere, may be another than before; there is one listener. */
  onPredictorChanged(listener: () => void): void {
    this.#onPredictorChanged = listener;
  }

  /** Sets the number of workers, and starts those at once that wait to be started again; see `WorkerPool.scale`. */
  async scale(min: number, max: number): Promise<void> {
    this.#workers = { min, max };
    if (max === 0) this.#hasBeenReady = false;
    this.#autoscaler.setRange(min, max);
    const scaled = this.#pool.scale(min, max);
    for (const runner of this.#pool.runners) runner.restartNow();
    await scaled;
  }

  /**
   * Finishes what waits and runs, then ends all workers; what is not finished in time is failed.
   * @returns whether everything was finished in time
   */
  async close(timeoutMs: number): Promise<boolean> {
    this.#workers = { min: 0, max: 0 };
    this.#autoscaler.setRange(0, 0);
    const drained = this.#pool.drain().then(() => true);
    const timeout = sleepLong(timeoutMs);
    const inTime = await Promise.race([drained, timeout.done.then(() => false)]);
    timeout.cancel();
    if (!inTime) await this.#abandon();
    this.#metrics.versionRemoved(this.key);
    // Somebody who would not wait as long may have ended it.
    return this.#abandoned === undefined;
  }

  #createPool(options: ModelVersionOptions): WorkerPool {
    const events: WorkerEvents = {
      handlerSamples: (samples) => {
        this.#metrics.handlerSamples(this.key, samples);
        this.graphFigures.record(samples);
      },
      isAnotherIdle: () => this.#pool.idle() !== undefined,
      readinessChanged: () => this.#onWorkersChanged(),
      predictorChanged: () => this.#onPredictorChanged(),
      usedElsewhere: () => {
        for (const runner of this.#pool.runners) this.#pool.recycleIfDue(runner);
      },
      frameRefused: () => this.#metrics.frameRefused(this.key),
      linesDropped: (count) => this.#metrics.linesDropped(this.key, count),
    };
    return new WorkerPool({
      nextWorkerId: options.nextWorkerId,
      launch: (workerId) => this.#launch(options, workerId, events),
      gate: options.gate,
      settings: options.settings,
      hasWaitingJobs: () => this.queue.length > 0,
      onChange: () => this.#onWorkersChanged(),
      onDeath: (runner, reason) => this.#onWorkerDied(runner, reason),
      onRecycle: (runner, reason) => this.#onWorkerRecycled(runner, reason),
      onStopped: ({ workerId }) => this.#metrics.workerStopped(this.key, workerId),
      onStopFailed: ({ workerId }, error) =>
        this.#logger.error('a worker could not be ended', { worker: workerId, error }),
    });
  }

  #createAutoscaler({ settings }: ModelVersionOptions): Autoscaler {
    return new Autoscaler({
      settings,
      observe: () => ({
        workers: this.#pool.size,
        notReady: this.#pool.notReadyCount,
        nextArrivedAt: this.#demands.earliest(this.dispatcher.queue.first?.arrivedAt),
        lastSaturatedAt: this.#demands.latestSaturation(this.dispatcher.lastSaturatedAt),
      }),
      scaleTo: (count, move) => this.#onAutoscale(count, move),
    });
  }

  #onAutoscale(count: number, { direction, reason }: ScaleMove): void {
    if (direction === 'up' && !this.#mayGrow()) {
      this.#logger.warn('not autoscaled: there are as many workers as max_workers_total allows', { reason });
      return;
    }
    this.#logger.info('autoscaled', { from: this.#pool.size, to: count, reason });
    this.#metrics.autoscaled(this.key, direction);
    // Why a worker fails to start is in the log, and in describe.
    this.#pool.scale(count, count).catch(() => {});
  }

  /** Whether what waits can be served by a worker that is there, or that would be started for it. */
  get #canFinish(): boolean {
    return this.#pool.canFinish || this.#autoscaler.canStartFirst;
  }

  #launch(options: ModelVersionOptions, workerId: string, events: WorkerEvents): WorkerLink {
    const startedAt = performance.now();
    const link = options.launch(workerId, events);
    link.ready.then(
      () => {
        this.#signature = link.signature;
        this.#metrics.workerLoaded(this.key, workerId, performance.now() - startedAt);
      },
      (error: ServeError) => {
        // One that was told to end while it was starting has not failed.
        if (error.code === 'cancelled') return;
        this.#logger.error('worker failed to start', { workerId, reason: error.message });
      },
    );
    return link;
  }

  #onWorkerDied(runner: WorkerRunner, reason: string): void {
    this.#logger.error('worker died', { workerId: runner.workerId, reason });
    this.#metrics.workerDied(this.key, runner.workerId);
  }

  #onWorkerRecycled({ workerId }: WorkerRunner, reason: string): void {
    this.#logger.info('worker is being replaced by a fresh one', { workerId, reason });
    this.#metrics.workerRecycled(this.key);
  }

  #onWorkersChanged(): void {
    this.#hasBeenReady ||= this.#pool.readyCount > 0;
    this.#metrics.workersReady(this.key, this.#pool.readyCount);
    for (const watcher of this.#watchers) watcher();
    this.dispatcher.dispatch();
  }

  async #abandon(): Promise<void> {
    this.#abandoned = new ServeError('shutting_down', `Model "${this.key.name}" is being removed`);
    this.dispatcher.dispatch();
    await this.#pool.stopNow();
  }

  #noWorker(): ServeError {
    return noWorker(this.key, this.#pool.lastError);
  }
}
