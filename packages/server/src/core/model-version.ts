/** One registered version: whether it can take a job, its workers, and its end. */
import { BatchDispatcher } from './batch-dispatcher.ts';
import { ServeError } from './errors.ts';
import { createJob, type JobRequest, type JobResult } from './job.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { ModelKey } from './model-key.ts';
import { startTimer } from './timer.ts';
import type { VersionSettings } from './version-settings.ts';
import type { WorkerEvents, WorkerLink } from './worker-link.ts';
import { WorkerPool } from './worker-pool.ts';
import type { WorkerRunner } from './worker-runner.ts';

export interface ModelVersionOptions {
  readonly key: ModelKey;
  readonly settings: VersionSettings;
  readonly launch: (workerId: string, events: WorkerEvents) => WorkerLink;
  readonly nextWorkerId: () => string;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Seconds after which a client should try again when the queue is full. */
const RETRY_AFTER_SECONDS = 1;

/** Admits jobs, passes them on to its dispatcher, and owns the workers that run them. */
export class ModelVersion {
  readonly key: ModelKey;
  readonly settings: VersionSettings;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  readonly #dispatcher: BatchDispatcher;
  readonly #pool: WorkerPool;
  #workers = { min: 0, max: 0 };

  constructor(options: ModelVersionOptions) {
    this.key = options.key;
    this.settings = options.settings;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#dispatcher = new BatchDispatcher({ ...options, pool: () => this.#pool });
    this.#pool = this.#createPool(options);
  }

  /** How many workers were asked for. */
  get workers(): { readonly min: number; readonly max: number } {
    return this.#workers;
  }

  get runners(): readonly WorkerRunner[] {
    return this.#pool.runners;
  }

  /** Jobs that wait, and how many may. */
  get queue(): { readonly capacity: number; readonly length: number } {
    return this.#dispatcher.queue;
  }

  /** Whether as many workers work as were asked for at least. */
  get isHealthy(): boolean {
    return this.#pool.runners.filter(({ isHopeful }) => isHopeful).length >= this.#workers.min;
  }

  /** @throws ServeError `no_worker` or `queue_full` when a job handed in now would be refused */
  assertCanServe(): void {
    if (!this.#pool.canServe) throw this.#noWorker();
    if (this.#dispatcher.queue.isFull) throw this.#queueFull();
  }

  /**
   * Hands in a job; when `signal` aborts while it waits, it leaves the queue.
   * @returns its result
   * @throws ServeError why there is none
   */
  submit(request: JobRequest, signal: AbortSignal): Promise<JobResult> {
    this.assertCanServe();
    const { job, result } = createJob(request, signal);
    this.#dispatcher.add(job);
    return result;
  }

  /** Sets the number of workers; see `WorkerPool.scale`. */
  async scale(min: number, max: number): Promise<void> {
    this.#workers = { min, max };
    await this.#pool.scale(min, max);
  }

  /**
   * Finishes what waits and runs, then ends all workers; what is not finished in time is failed.
   * @returns whether everything was finished in time
   */
  async close(timeoutMs: number): Promise<boolean> {
    this.#workers = { min: 0, max: 0 };
    const drained = this.#pool.drain().then(() => true);
    const timeout = sleep(timeoutMs);
    const inTime = await Promise.race([drained, timeout.done.then(() => false)]);
    timeout.cancel();
    if (!inTime) await this.#abandon();
    this.#metrics.versionRemoved(this.key);
    return inTime;
  }

  #createPool(options: ModelVersionOptions): WorkerPool {
    const events: WorkerEvents = { handlerSamples: (samples) => this.#metrics.handlerSamples(this.key, samples) };
    return new WorkerPool({
      nextWorkerId: options.nextWorkerId,
      launch: (workerId) => this.#launch(options, workerId, events),
      retryWindowMs: options.settings.retryWindowMs,
      hasWaitingJobs: () => this.queue.length > 0,
      onChange: () => this.#onWorkersChanged(),
      onDeath: (runner, reason) => this.#onWorkerDied(runner, reason),
      onStopped: ({ workerId }) => this.#metrics.workerStopped(this.key, workerId),
    });
  }

  #launch(options: ModelVersionOptions, workerId: string, events: WorkerEvents): WorkerLink {
    const startedAt = performance.now();
    const link = options.launch(workerId, events);
    link.ready.then(
      () => this.#metrics.workerLoaded(this.key, workerId, performance.now() - startedAt),
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

  #onWorkersChanged(): void {
    this.#metrics.workersReady(this.key, this.#pool.readyCount);
    if (this.#pool.canFinish) this.#dispatcher.dispatch();
    else this.#dispatcher.failAll(this.#noWorker());
  }

  async #abandon(): Promise<void> {
    this.#dispatcher.failAll(new ServeError('shutting_down', `Model "${this.key.name}" is being removed`));
    await this.#pool.stopNow();
  }

  #noWorker(): ServeError {
    const subject = `Model "${this.key.name}" Version "${this.key.version}"`;
    const { lastError } = this.#pool;
    if (lastError === undefined) {
      const advice = 'Please use scale workers API to add workers.';
      return new ServeError('no_worker', `${subject} has no worker to serve inference request. ${advice}`);
    }
    // Its last words, on further lines, may tell one client about another's request.
    const [reason = ''] = lastError.split('\n', 1);
    return new ServeError('no_worker', `${subject} has no worker that is ready. The last one failed: ${reason}`);
  }

  #queueFull(): ServeError {
    const { name, version } = this.key;
    const waiting = `${this.queue.capacity} requests are waiting already (job_queue_size)`;
    const message = `Model "${name}" Version "${version}" is busy: ${waiting}. Try again later.`;
    return new ServeError('queue_full', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
}

function sleep(ms: number): { done: Promise<void>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const done = new Promise<void>((resolve) => {
    timer = startTimer(resolve, ms);
  });
  return { done, cancel: () => clearTimeout(timer) };
}
