/** Between a queue and a pool: hands waiting jobs in batches to workers, and settles each of them. */
import { nextBatch, sharedBatch, type BatchDecision } from './jobs/batch-policy.ts';
import { BatchQueue } from './jobs/batch-queue.ts';
import { BatchSize, isPrediction } from './jobs/batch-size.ts';
import { clientGone, ServeError, toServeError } from './errors.ts';
import { bytesOf, type Job, type JobPart } from './jobs/job.ts';
import { JobClock } from './jobs/job-clock.ts';
import type { JobResult } from './jobs/job-result.ts';
import type { Logger } from './logger.ts';
import type { Metrics, StageTimes } from './metrics.ts';
import type { ModelKey } from './model-key.ts';
import { isRetried } from './jobs/retry-policy.ts';
import { smoothed } from './jobs/smoothed.ts';
import { startTimer } from './timer.ts';
import type { VersionSettings } from './registry/version-settings.ts';
import type { VersionStatistics } from './jobs/version-statistics.ts';
import type { BatchEnd, BatchReply } from './workers/worker-link.ts';
import type { WorkerPool } from './workers/worker-pool.ts';
import type { WorkerRunner } from './workers/worker-runner.ts';

/** A worker that can be given a batch. */
export type BatchRunner = Pick<WorkerRunner, 'mergesJobs' | 'channel'>;

/** The workers of a version, as far as batches are given to them; see `WorkerPool`. */
export interface BatchRunners extends Pick<WorkerPool, 'readyCount' | 'reap'> {
  /** One that is ready for a batch. */
  idle(): BatchRunner | undefined;
  /** See `WorkerPool`. */
  nearlyIdle(batchMs: number): { readonly runner: BatchRunner; readonly delayMs: number } | undefined;
  /** See `WorkerPool`. */
  batchEnded(runner: BatchRunner, jobs: number, end: BatchEnd): void;
}

/** Whose jobs it hands out, to whom, and what it counts. */
export interface BatchDispatcherOptions {
  /** The version whose jobs these are; for metrics. */
  readonly key: ModelKey;
  /** Size and delay of batches, length of the queue, and the limits of time. */
  readonly settings: VersionSettings;
  /** The workers that run them; they know nothing of jobs that wait. */
  readonly pool: BatchRunners;
  /** Why nothing that waits can be served any more; undefined as long as it can. */
  readonly refusal: () => ServeError | undefined;
  /** Told of each job and batch that is answered, retried or expired, and of the queue's length. */
  readonly metrics: Metrics;
  /** Told of each job that ends, and of each batch that is answered. */
  readonly statistics: Pick<VersionStatistics, 'succeeded' | 'failed' | 'batchAnswered'>;
  /** Told of batches that failed. */
  readonly logger: Logger;
}

/** Handing it over takes a part of a millisecond. */
const LARGE_JOB_BYTES = 256 * 1024;

/** Owns every job from `add` on: it is answered, fails, or leaves with its caller, once. */
export class BatchDispatcher {
  readonly #options: BatchDispatcherOptions;
  readonly #queue: BatchQueue;
  readonly #size: BatchSize;
  readonly #clock: JobClock;
  #timer: NodeJS.Timeout | undefined;
  /** Time of a batch in its worker, smoothed. */
  #batchMs = Infinity;
  #lastSaturatedAt = 0;

  constructor(options: BatchDispatcherOptions) {
    this.#options = options;
    this.#queue = new BatchQueue(options.settings.jobQueueSize);
    this.#size = new BatchSize(options.settings.batchSize);
    this.#clock = new JobClock({
      settings: options.settings,
      waiting: () => this.#queue,
      expire: (job, error) => this.#expire(job, error),
    });
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

  /** Takes a job in that is run before all others, and for which there is always room. */
  addFirst(job: Job): void {
    this.#requeue(job);
    this.dispatch();
  }

  /** Gives workers what waits; to be called whenever a worker may have become idle, or unable to serve. */
  dispatch(): void {
    const { key, metrics, pool, refusal } = this.#options;
    const error = this.#queue.length > 0 ? refusal() : undefined;
    if (error !== undefined) this.#failAll(error);
    clearTimeout(this.#timer);
    while (this.#dispatchOne());
    metrics.queueLength(key, this.#queue.length);
    pool.reap();
  }

  #failAll(error: ServeError): void {
    while (this.#queue.length > 0) for (const job of this.#queue.take(Infinity)) this.#fail(job, error);
  }

  /** Gives away one batch; false when there is nothing to give, nobody to take it, or reason to wait. */
  #dispatchOne(): boolean {
    const { first } = this.#queue;
    if (first === undefined) return false;
    const runner = this.#options.pool.idle();
    if (runner === undefined) return this.#sendAhead(first);
    const decision = this.#decide(first, runner);
    if (decision.kind === 'take') this.#run(runner, decision.size);
    if (decision.kind === 'wait') this.#timer = startTimer(() => this.dispatch(), decision.delayMs);
    return decision.kind === 'take';
  }

  #decide(first: Job, runner: BatchRunner): BatchDecision {
    const { pool, settings } = this.#options;
    const { length: waiting } = this.#queue;
    const batchSize = this.#size.next(runner.mergesJobs && isPrediction(first));
    if (settings.batchSize === 'auto') return sharedBatch({ waiting, batchSize, workers: pool.readyCount });
    const [firstArrivedAt, now] = [first.arrivedAt, performance.now()];
    return nextBatch({ waiting, batchSize, maxBatchDelayMs: settings.maxBatchDelayMs, firstArrivedAt, now });
  }

  /**
   * A full batch gains nothing by waiting: it may travel while a worker still computes those before. So may large jobs, of which the
   * way takes about as long as the work of a quick worker: of those, one batch at a time.
   */
  #sendAhead(first: Job): boolean {
    if (first.deaths > 0) return false;
    const next = this.#options.pool.nearlyIdle(this.#batchMs);
    if (next === undefined) return false;
    const batchSize = this.#size.next(next.runner.mergesJobs && isPrediction(first));
    if (this.#queue.length < batchSize && (next.runner.channel.inFlight > 1 || !this.#isLarge(first))) return false;
    if (next.delayMs > 0) this.#timer = startTimer(() => this.dispatch(), next.delayMs);
    if (next.delayMs > 0 || !next.runner.channel.hasRoom(this.#queue.bytesOfNext(batchSize))) return false;
    this.#run(next.runner, batchSize);
    return true;
  }

  #isLarge({ request }: Job): boolean {
    return bytesOf(request) >= LARGE_JOB_BYTES && this.#options.settings.maxBatchDelayMs === 0;
  }

  #run(runner: BatchRunner, size: number): void {
    const now = performance.now();
    // Those whose time is over go no further, even when their timers are late.
    const batch = this.#queue.take(size).filter((job) => !this.#clock.endIfOver(job, now));
    if (batch.length > 0) this.#runBatch(runner, batch, now).catch((error: unknown) => this.#onFault(batch, error));
  }

  async #runBatch(runner: BatchRunner, batch: readonly Job[], now: number): Promise<void> {
    for (const job of batch) job.handedOverAt = now;
    const running = runner.channel.run(batch, (job, part) => this.#onPart(job, part));
    if (this.#options.pool.idle() === undefined) this.#lastSaturatedAt = now;
    const end = await running;
    if (end.kind === 'answered') this.#onReply(batch, end, now);
    else if (end.kind === 'failed') this.#onFailure(batch, end.error);
    else for (const job of batch) this.#requeue(job);
    this.#options.pool.batchEnded(runner, batch.length, end);
    this.dispatch();
  }

  /** A fault of ours: nobody waits for an answer that does not come. */
  #onFault(batch: readonly Job[], thrown: unknown): void {
    const error = toServeError(thrown);
    for (const job of batch) this.#fail(job, error);
    this.#options.logger.error('a batch could not be run', { error: thrown });
    this.dispatch();
  }

  #onPart(job: Job, { outcome, isLast }: JobPart): void {
    if (isLast) this.#count(job, outcome === undefined ? job.hasParts : outcome.ok);
    if (outcome?.ok === false) job.fail(outcome.error);
    else if (outcome !== undefined && isLast && !job.hasParts) this.#succeed(job, outcome.result);
    else if (outcome === undefined && !job.hasParts) job.fail(clientGone());
    else {
      if (outcome !== undefined) job.addPart(outcome.result);
      if (isLast) job.endParts();
    }
  }

  /** Those that were answered in parts are settled by now. */
  #onReply(batch: readonly Job[], { outcomes, stages }: BatchReply, handedOverAt: number): void {
    const elapsedMs = performance.now() - handedOverAt;
    let answered = 0;
    let row = 0;
    for (const job of batch) {
      const outcome = outcomes[row] ?? { ok: false, error: MISSING_RESULT };
      row += 1;
      if (outcome.ok || job.hasParts) answered += 1;
      this.#count(job, outcome.ok);
      if (outcome.ok) this.#succeed(job, outcome.result, stages);
      else job.fail(outcome.error);
    }
    this.#batchMs = smoothed(this.#batchMs, stages.predictionMs);
    if (isDescription(batch[0])) return;
    if (batch.every(isPrediction)) this.#size.answered(batch.length, stages.predictionMs);
    const { key, metrics, statistics } = this.#options;
    statistics.batchAnswered({ size: batch.length, answered, stages });
    const overheadMs = Math.max(0, elapsedMs - stages.predictionMs);
    metrics.batchDone(key, { size: batch.length, ...stages, overheadMs });
  }

  #succeed(job: Job, { meta, body }: JobResult, stages?: StageTimes): void {
    job.succeed({ meta, body, queueMs: job.queueMs, ...(stages && { stages }) });
  }

  /** To be called for each job that a worker had, before it is settled. */
  #count(job: Job, isAnswered: boolean): void {
    if (isDescription(job) || job.isSettled) return;
    const { key, metrics, statistics } = this.#options;
    const { queueMs } = job;
    const totalMs = performance.now() - job.arrivedAt;
    metrics.jobDone(key, { queueMs, totalMs });
    if (isAnswered) statistics.succeeded(queueMs, totalMs);
    else statistics.failed(totalMs);
  }

  /** Ends a job for which no worker has an answer. */
  #fail(job: Job, error: ServeError): void {
    if (!isDescription(job) && !job.isSettled) this.#options.statistics.failed(performance.now() - job.arrivedAt);
    job.fail(error);
  }

  /** The worker died over the batch, or was ended because of it. No answer begins anew of which its caller has a part. */
  #onFailure(batch: readonly Job[], error: ServeError): void {
    const { logger, settings } = this.#options;
    const mayRetry = settings.retryOnWorkerDeath && error.code === 'worker_died';
    for (const job of batch) {
      job.deaths += 1;
      if (batch.length === 1) job.deathsAlone += 1;
      if (mayRetry && !job.hasParts && isRetried(job)) this.#retry(job);
      else {
        this.#count(job, false);
        job.fail(mayRetry && !job.hasParts ? deadly(job.deaths, error) : error);
      }
    }
    const requestIds = batch.map(({ request }) => request.requestId);
    logger.error('a batch failed', { requestIds, reason: error.message, deaths: batch[0]?.deaths });
  }

  #retry(job: Job): void {
    this.#options.metrics.jobRetried(this.#options.key);
    this.#requeue(job);
  }

  #requeue(job: Job): void {
    if (job.isSettled) return;
    this.#queue.requeue(job);
    this.#watch(job);
  }

  /** From now on the job ends when its time is over, or when its caller goes. */
  #watch(job: Job): void {
    this.#clock.watch(job);
    job.caller.onGone(() => this.#leave(job));
    if (job.caller.isGone) this.#leave(job);
  }

  #leave(job: Job): void {
    if (!this.#queue.remove(job)) return job.cancel();
    this.#fail(job, clientGone());
    this.dispatch();
  }

  #expire(job: Job, error: ServeError): void {
    this.#options.metrics.jobExpired(this.#options.key);
    this.#fail(job, error);
    if (this.#queue.remove(job)) this.dispatch();
    else job.cancel();
  }
}

const MISSING_RESULT = new ServeError('internal', 'The worker sent no result for this request');

/** What the client hears whose request killed again and again. */
function deadly(deaths: number, error: ServeError): ServeError {
  const message = `${error.message} ${deaths} workers died over this request, the last two with this request alone.`;
  return new ServeError(error.code, message, { cause: error });
}

/** Descriptions are part of the control plane, and no inference. */
function isDescription(job: Job | undefined): boolean {
  return job?.request.operation === 'describe';
}
