/** Between a queue and a pool: hands waiting jobs in batches to workers, and settles each of them. */
import { nextBatch } from './batch-policy.ts';
import { BatchQueue } from './batch-queue.ts';
import { timeIsOver, timeLimitMs, waitedTooLong } from './deadline.ts';
import { ServeError } from './errors.ts';
import type { Job } from './job.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { ModelKey } from './model-key.ts';
import { isRetried } from './retry-policy.ts';
import { startTimer } from './timer.ts';
import type { VersionSettings } from './version-settings.ts';
import type { BatchReply } from './worker-link.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkerRunner } from './worker-runner.ts';

export interface BatchDispatcherOptions {
  readonly key: ModelKey;
  readonly settings: VersionSettings;
  readonly pool: () => WorkerPool;
  /** Why nothing that waits can be served any more; undefined as long as it can. */
  readonly refusal: () => ServeError | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** The time from an answer to the next batch matters only to workers that are faster than this with a batch. */
const QUICK_MS = 10;
/** Weight of the latest batch in the mean of their times. */
const SMOOTHING = 0.2;

export class BatchDispatcher {
  readonly #options: BatchDispatcherOptions;
  readonly #queue: BatchQueue;
  #timer: NodeJS.Timeout | undefined;
  /** Time of a batch in its worker, smoothed. */
  #batchMs = Infinity;
  #lastSaturatedAt = 0;

  constructor(options: BatchDispatcherOptions) {
    this.#options = options;
    this.#queue = new BatchQueue(options.settings.jobQueueSize);
  }

  /** Jobs that wait, and how many may. */
  get queue(): Pick<BatchQueue, 'capacity' | 'length' | 'isFull' | 'first'> {
    return this.#queue;
  }

  /** When a batch last took the only worker that was idle, by the clock in milliseconds. */
  get lastSaturatedAt(): number {
    return this.#lastSaturatedAt;
  }

  /** Takes a job in; it leaves when its caller goes or its time is over. */
  add(job: Job): void {
    this.#queue.add(job);
    this.dispatch();
    this.#watch(job);
  }

  /** Gives workers what waits; to be called whenever a worker may have become idle, or hopeless. */
  dispatch(): void {
    const { key, metrics, pool, refusal } = this.#options;
    const error = this.#queue.length > 0 ? refusal() : undefined;
    if (error !== undefined) this.#failAll(error);
    clearTimeout(this.#timer);
    while (this.#dispatchOne());
    metrics.queueLength(key, this.#queue.length);
    pool().reap();
  }

  #failAll(error: ServeError): void {
    while (this.#queue.length > 0) for (const job of this.#queue.take(Infinity)) job.fail(error);
  }

  /** Gives away one batch; false when there is nothing to give, nobody to take it, or reason to wait. */
  #dispatchOne(): boolean {
    const { first, length: waiting } = this.#queue;
    if (first === undefined) return false;
    const runner = this.#options.pool().idle();
    if (runner === undefined) return this.#sendAhead(first);
    const { batchSize, maxBatchDelayMs } = this.#options.settings;
    const [firstArrivedAt, now] = [first.arrivedAt, performance.now()];
    const decision = nextBatch({ waiting, batchSize, maxBatchDelayMs, firstArrivedAt, now });
    if (decision.kind === 'take') void this.#run(runner, decision.size);
    if (decision.kind === 'wait') this.#timer = startTimer(() => this.dispatch(), decision.delayMs);
    return decision.kind === 'take';
  }

  /** A full batch gains nothing by waiting: it may travel while a quick worker still computes the one before. */
  #sendAhead(first: Job): boolean {
    const { batchSize } = this.#options.settings;
    if (this.#queue.length < batchSize || this.#batchMs > QUICK_MS || first.deaths > 0) return false;
    const runner = this.#options.pool().nearlyIdle();
    if (runner !== undefined) void this.#run(runner, batchSize);
    return runner !== undefined;
  }

  async #run(runner: WorkerRunner, size: number): Promise<void> {
    const now = performance.now();
    // Those whose time is over go no further, even when their timers are late.
    const batch = this.#queue.take(size).filter((job) => !this.#isOver(job, now));
    if (batch.length === 0) return;
    const running = runner.run(batch);
    if (this.#options.pool().idle() === undefined) this.#lastSaturatedAt = now;
    const end = await running;
    if (end.kind === 'answered') this.#settle(batch, end, now);
    else if (end.kind === 'failed') this.#onFailure(batch, end.error);
    else for (const job of batch) this.#putBack(job);
    this.#options.pool().recycleIfWorn(runner);
    this.dispatch();
  }

  #settle(batch: readonly Job[], { outcomes, stages }: BatchReply, handedOverAt: number): void {
    const now = performance.now();
    for (const [row, job] of batch.entries()) {
      const outcome = outcomes[row];
      const queueMs = handedOverAt - job.arrivedAt;
      if (outcome === undefined) job.fail(MISSING_RESULT);
      else if (outcome.ok) job.succeed({ ...outcome.result, queueMs, stages });
      else job.fail(outcome.error);
    }
    this.#batchMs = Number.isFinite(this.#batchMs)
      ? this.#batchMs + SMOOTHING * (stages.predictionMs - this.#batchMs)
      : stages.predictionMs;
    if (isDescription(batch)) return;
    const { key, metrics } = this.#options;
    const overheadMs = Math.max(0, now - handedOverAt - stages.predictionMs);
    metrics.batchDone(key, { size: batch.length, ...stages, overheadMs });
    for (const { arrivedAt } of batch) {
      metrics.jobDone(key, { queueMs: handedOverAt - arrivedAt, totalMs: now - arrivedAt });
    }
  }

  /** The worker died over the batch, or was ended because of it. */
  #onFailure(batch: readonly Job[], error: ServeError): void {
    const { logger, settings } = this.#options;
    const mayRetry = settings.retryOnWorkerDeath && error.code === 'worker_died';
    for (const job of batch) {
      job.deaths += 1;
      if (!mayRetry) job.fail(error);
      else if (isRetried({ deaths: job.deaths, batchSize: batch.length })) this.#retry(job);
      else job.fail(deadly(job.deaths, error));
    }
    const requestIds = batch.map(({ request }) => request.requestId);
    logger.error('a batch failed', { requestIds, reason: error.message, deaths: batch[0]?.deaths });
  }

  #retry(job: Job): void {
    this.#options.metrics.jobRetried(this.#options.key);
    this.#putBack(job);
  }

  #putBack(job: Job): void {
    if (job.caller.isGone) return job.fail(gone());
    this.#queue.putBack(job);
    this.#watch(job);
  }

  /** From now on a waiting job leaves when its caller goes or no worker is free in time; any job when its time is over. */
  #watch(job: Job): void {
    const { settings } = this.#options;
    const isWaiting = this.#queue.has(job);
    const left = timeLimitMs(job.request, settings) - (performance.now() - job.arrivedAt);
    const limitMs = isWaiting ? Math.min(left, settings.responseTimeoutMs) : left;
    if (limitMs < Infinity) job.remind(limitMs, () => this.#onReminder(job));
    if (!isWaiting) return;
    job.caller.onGone(() => this.#leave(job, gone()));
    if (job.caller.isGone) this.#leave(job, gone());
  }

  #onReminder(job: Job): void {
    // A timer may be early by a fraction of a millisecond.
    if (this.#isOver(job, performance.now() + 1)) this.#queue.remove(job);
    else if (this.#queue.has(job)) this.#leave(job, waitedTooLong(this.#options.settings));
    // It runs by now.
    else this.#watch(job);
  }

  /** Fails a job whose time is over. */
  #isOver(job: Job, now: number): boolean {
    const { key, metrics, settings } = this.#options;
    const limitMs = timeLimitMs(job.request, settings);
    if (now - job.arrivedAt < limitMs) return false;
    metrics.jobExpired(key);
    job.fail(timeIsOver(limitMs));
    return true;
  }

  #leave(job: Job, error: ServeError): void {
    if (!this.#queue.remove(job)) return;
    if (error.code === 'deadline_exceeded') this.#options.metrics.jobExpired(this.#options.key);
    job.fail(error);
    this.dispatch();
  }
}

const MISSING_RESULT = new ServeError('internal', 'The worker sent no result for this request');

function gone(): ServeError {
  return new ServeError('cancelled', 'The client went away');
}

/** What the client hears whose request killed again and again. */
function deadly(deaths: number, error: ServeError): ServeError {
  const message = `${error.message} ${deaths} workers died over this request, the last one with this request alone.`;
  return new ServeError(error.code, message, { cause: error });
}

/** Descriptions are part of the control plane, and no inference. */
function isDescription([first]: readonly Job[]): boolean {
  return first?.request.operation === 'describe';
}
