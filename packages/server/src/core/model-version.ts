/** One registered version: its queue, its workers, and the hand-over between them. */
import { nextBatch } from './batch-policy.ts';
import { BatchQueue } from './batch-queue.ts';
import { ServeError, toServeError } from './errors.ts';
import { createJob, type Job, type JobRequest, type JobResult } from './job.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { ModelKey } from './model-key.ts';
import type { VersionSettings } from './version-settings.ts';
import type { BatchReply, WorkerEvents, WorkerLink } from './worker-link.ts';
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

/** Takes jobs in, hands them in batches to idle workers, and settles each of them. */
export class ModelVersion {
  readonly key: ModelKey;
  readonly settings: VersionSettings;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  readonly #queue: BatchQueue;
  readonly #pool: WorkerPool;
  #workers = { min: 0, max: 0 };
  #batchTimer: NodeJS.Timeout | undefined;

  constructor(options: ModelVersionOptions) {
    this.key = options.key;
    this.settings = options.settings;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#queue = new BatchQueue(options.settings.jobQueueSize);
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
    return this.#queue;
  }

  /** Whether as many workers work as were asked for at least. */
  get isHealthy(): boolean {
    return this.#pool.runners.filter(({ isHopeful }) => isHopeful).length >= this.#workers.min;
  }

  /** @throws ServeError `no_worker` or `queue_full` when a job handed in now would be refused */
  assertCanServe(): void {
    if (!this.#pool.canServe) throw this.#noWorker();
    if (this.#queue.isFull) throw this.#queueFull();
  }

  /**
   * Hands in a job; when `signal` aborts while it waits, it leaves the queue.
   * @returns its result
   * @throws ServeError why there is none
   */
  submit(request: JobRequest, signal: AbortSignal): Promise<JobResult> {
    this.assertCanServe();
    const { job, result } = createJob(request, signal);
    this.#queue.add(job);
    signal.addEventListener('abort', () => this.#cancel(job), { once: true });
    this.#dispatch();
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
      hasWaitingJobs: () => this.#queue.length > 0,
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
      (error: ServeError) => this.#logger.error('worker failed to start', { workerId, reason: error.message }),
    );
    return link;
  }

  #onWorkerDied(runner: WorkerRunner, reason: string): void {
    this.#logger.error('worker died', { workerId: runner.workerId, reason });
    this.#metrics.workerDied(this.key, runner.workerId);
  }

  #onWorkersChanged(): void {
    this.#metrics.workersReady(this.key, this.#pool.readyCount);
    if (this.#pool.canFinish) this.#dispatch();
    else this.#failQueue(this.#noWorker());
  }

  #dispatch(): void {
    clearTimeout(this.#batchTimer);
    while (this.#dispatchOne());
    this.#metrics.queueLength(this.key, this.#queue.length);
    this.#pool.reap();
  }

  /** Gives one batch to an idle worker; false when there is nothing to give, nobody to take it, or reason to wait. */
  #dispatchOne(): boolean {
    const first = this.#queue.first;
    const runner = first && this.#pool.idle();
    if (first === undefined || runner === undefined) return false;
    const { batchSize, maxBatchDelayMs } = this.settings;
    const [waiting, firstArrivedAt, now] = [this.#queue.length, first.arrivedAt, performance.now()];
    const decision = nextBatch({ waiting, batchSize, maxBatchDelayMs, firstArrivedAt, now });
    if (decision.kind === 'take') void this.#run(runner, this.#queue.take(decision.size));
    if (decision.kind === 'wait') this.#batchTimer = setTimeout(() => this.#dispatch(), decision.delayMs);
    return decision.kind === 'take';
  }

  async #run(runner: WorkerRunner, batch: readonly Job[]): Promise<void> {
    const handedOverAt = performance.now();
    try {
      const reply = await runner.run(batch);
      batch.forEach((job, row) => job.settle(reply.outcomes[row] ?? missingOutcome()));
      this.#countBatch(batch, performance.now() - handedOverAt, reply.times);
    } catch (thrown) {
      const error = toServeError(thrown);
      this.#logger.error('a batch failed', {
        requestIds: batch.map(({ request }) => request.requestId),
        reason: error.message,
      });
      for (const job of batch) job.settle({ ok: false, error });
    }
    this.#countJobs(batch, handedOverAt);
    this.#dispatch();
  }

  #countBatch(batch: readonly Job[], elapsedMs: number, times: BatchReply['times']): void {
    if (isDescription(batch)) return;
    const overheadMs = Math.max(0, elapsedMs - times.predictionMs);
    this.#metrics.batchDone(this.key, { size: batch.length, ...times, overheadMs });
  }

  #countJobs(batch: readonly Job[], handedOverAt: number): void {
    if (isDescription(batch)) return;
    const now = performance.now();
    for (const { arrivedAt } of batch) {
      this.#metrics.jobDone(this.key, { queueMs: handedOverAt - arrivedAt, totalMs: now - arrivedAt });
    }
  }

  #cancel(job: Job): void {
    if (!this.#queue.remove(job)) return;
    job.settle({ ok: false, error: new ServeError('cancelled', 'The client went away') });
    this.#metrics.queueLength(this.key, this.#queue.length);
  }

  async #abandon(): Promise<void> {
    this.#failQueue(new ServeError('shutting_down', `Model "${this.key.name}" is being removed`));
    await this.#pool.stopNow();
  }

  #failQueue(error: ServeError): void {
    for (const job of this.#queue.take(Infinity)) job.settle({ ok: false, error });
    if (this.#queue.length > 0) this.#failQueue(error);
  }

  #noWorker(): ServeError {
    const subject = `Model "${this.key.name}" Version "${this.key.version}"`;
    const { lastError } = this.#pool;
    if (lastError === undefined) {
      const advice = 'Please use scale workers API to add workers.';
      return new ServeError('no_worker', `${subject} has no worker to serve inference request. ${advice}`);
    }
    return new ServeError('no_worker', `${subject} has no worker that is ready. The last one failed: ${lastError}`);
  }

  #queueFull(): ServeError {
    const { name, version } = this.key;
    const waiting = `${this.#queue.capacity} requests are waiting already (job_queue_size)`;
    const message = `Model "${name}" Version "${version}" is busy: ${waiting}. Try again later.`;
    return new ServeError('queue_full', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
}

/** Descriptions are part of the control plane, and no inference. */
function isDescription([first]: readonly Job[]): boolean {
  return first?.request.operation === 'describe';
}

function missingOutcome() {
  return { ok: false, error: new ServeError('internal', 'The worker sent no result for this request') } as const;
}

function sleep(ms: number): { done: Promise<void>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const done = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return { done, cancel: () => clearTimeout(timer) };
}
