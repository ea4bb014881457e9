/** Between a queue and a pool: hands waiting jobs in batches to workers, and settles each of them. */
import { nextBatch, sharedBatch, type BatchDecision } from './jobs/batch-policy.ts';
import { BatchQueue } from './jobs/batch-queue.ts';
import { BatchSize, isPrediction } from './jobs/batch-size.ts';
import { clientGone, toServeError, type ServeError } from './errors.ts';
import { isLarge, Job, requestsIn, requestsOf, STEADY_CALLER } from './jobs/job.ts';
import type { BatchEnd, BatchReply, Caller, JobAnswer, JobRequest, PartListener } from './jobs/job.ts';
import { JobClock } from './jobs/job-clock.ts';
import { JobCounter, type JobCounterOptions } from './jobs/job-counter.ts';
import type { Logger } from './logger.ts';
import { JobRoom, type AskedRoom, type RoomNames } from './jobs/job-room.ts';
import type { Refusals } from './jobs/refusals.ts';
import { MISSING_RESULT, settleFailure } from './jobs/settle-failure.ts';
import { settlePart } from './jobs/settle-part.ts';
import { smoothed } from './jobs/smoothed.ts';
import { onceInTurn } from './once-in-turn.ts';
import { startTimer } from './timer.ts';
import type { VersionSettings } from './registry/version-settings.ts';

/** Where batches are given to a worker. */
export interface BatchChannel {
  /** Whether it would begin with a batch at once; never again when its process is gone. */
  readonly isIdle: boolean;
  /** Batches that it was given and has not answered. */
  readonly inFlight: number;
  /** For how long it has computed its present batch, in milliseconds. @param now the clock's reading */
  turnMs(now: number): number;
  /** Whether it could be sent so many bytes now and hear at once, for all that, what is said behind them. */
  hasRoom(bytes: number): boolean;
  /** Hands over a batch; several are run one after the other, in their order. One for a process that is gone is untouched. */
  run(batch: readonly Job[], onPart: PartListener): Promise<BatchEnd>;
}

/** A worker that can be given a batch. */
export interface BatchRunner {
  /** Whether jobs may share a batch although nobody said so. */
  readonly mergesJobs: boolean;
  /** Of its present process. */
  readonly channel: BatchChannel;
}

/** The workers of a version, as far as batches are given to them. */
export interface BatchRunners {
  /** Workers that answer or can answer at once. */
  readonly readyCount: number;
  /** One that is ready for a batch. */
  idle(): BatchRunner | undefined;
  /** The busy worker that may have another batch first, and in how many milliseconds. @param batchMs what a batch takes it */
  nearlyIdle(batchMs: number): { readonly runner: BatchRunner; readonly delayMs: number } | undefined;
  /** One has done with a batch of so many requests, or will not. */
  batchEnded(runner: BatchRunner, requests: number, end: BatchEnd): void;
  /**
   * Lets go of those that are no longer needed; to be called when jobs were given away.
   * @param lacksIdle whether a job waits because `idle` knew of none: it is not to wait longer than until one is
   */
  reap(lacksIdle?: boolean): void;
}

/** Whose jobs it hands out, to whom, and what it counts. */
export interface BatchDispatcherOptions extends JobCounterOptions, RoomNames {
  /** Size and delay of batches, length of the queue, and the limits of time. */
  readonly settings: VersionSettings;
  /** The workers that run them; they know nothing of jobs that wait. */
  readonly pool: BatchRunners;
  /** Why jobs cannot be served, however few wait. */
  readonly refusals: Refusals;
  /** Called whenever a job was handed in: there may be no worker yet. */
  readonly onSubmitted: () => void;
  /** Told of batches that failed. */
  readonly logger: Logger;
}

/** Takes jobs in, and owns each of them from then on: it is answered, fails, or leaves with its caller, once. */
export class BatchDispatcher {
  readonly #options: BatchDispatcherOptions;
  readonly #queue: BatchQueue;
  readonly #size: BatchSize;
  readonly #clock: JobClock;
  readonly #counter: JobCounter;
  readonly #room: JobRoom;
  #timer: NodeJS.Timeout | undefined;
  /** Those that are handed in together are one batch, and not the first one alone before the others. */
  readonly #dispatchTogether = onceInTurn(() => this.dispatch());
  /** Whether a job was left to wait because no worker was idle when it was looked at. */
  #lacksIdle = false;
  /** Time of a batch in its worker, smoothed. */
  #batchMs = Infinity;
  #lastSaturatedAt = 0;

  constructor(options: BatchDispatcherOptions) {
    this.#options = options;
    this.#queue = new BatchQueue(options.settings.jobQueueSize);
    this.#size = new BatchSize(options.settings.batchSize);
    this.#counter = new JobCounter(options);
    this.#room = new JobRoom({ ...options, queue: this.#queue, hasIdle: () => options.pool.idle() !== undefined });
    this.#clock = new JobClock({
      settings: options.settings,
      waiting: () => this.#queue,
      expire: (job, error) => this.#expire(job, error),
    });
  }

  /** Jobs that wait, and how many may. */
  get queue(): Pick<BatchQueue, 'capacity' | 'length' | 'first'> {
    return this.#queue;
  }

  /** Most requests that a worker which merges them is given in a batch, as they are answered now; ≥ 1. */
  get batchSize(): number {
    return this.#size.ofEach(this.#options.pool.readyCount);
  }

  /** When a batch last took the only worker that was idle, by the clock in milliseconds. */
  get lastSaturatedAt(): number {
    return this.#lastSaturatedAt;
  }

  /**
   * Counts a refusal as a failed prediction, if somebody waits for it.
   * @throws ServeError `no_worker`, `queue_full` or another when a job handed in now would be refused
   */
  assertCanServe(asked: AskedRoom = { operation: 'predict' }): void {
    const { refusals, statistics } = this.#options;
    const refusal = refusals.ofNew() ?? this.#room.refusal(asked);
    if (refusal === undefined) return;
    if (asked.operation !== 'describe' && asked.isBackground !== true) statistics.failed(0);
    throw refusal;
  }

  /**
   * Hands in a job; while it waits, it leaves when its caller does.
   * @throws ServeError why there is no answer
   */
  submit(request: JobRequest, caller: Caller = STEADY_CALLER): Promise<JobAnswer> {
    this.assertCanServe(request);
    const job = new Job(request, caller);
    this.#room.count(job);
    // That is no failure of the version.
    this.#queue.add(job)?.fail(this.#room.full);
    if (request.hasCompany === true && !this.#queue.isFull(true)) this.#dispatchTogether();
    else this.dispatch();
    this.#watch(job);
    this.#options.onSubmitted();
    return job.answer;
  }

  /**
   * Hands in a job of the server's own, which is run before all others; for a version that has a worker.
   * @throws ServeError why there is no answer
   */
  submitFirst(request: JobRequest): Promise<JobAnswer> {
    const job = new Job(request, STEADY_CALLER);
    this.#requeue(job);
    this.dispatch();
    return job.answer;
  }

  /** Gives workers what waits; to be called whenever a worker may have become idle, or unable to serve. */
  dispatch(): void {
    const { key, metrics, pool, refusals } = this.#options;
    const error = this.#queue.length > 0 ? refusals.ofWaiting() : undefined;
    if (error !== undefined) this.#failAll(error);
    clearTimeout(this.#timer);
    while (this.#dispatchOne());
    metrics.queueLength(key, this.#queue.length);
    pool.reap(this.#lacksIdle);
  }

  #failAll(error: ServeError): void {
    while (this.#queue.length > 0) for (const job of this.#queue.take(Infinity)) this.#fail(job, error);
  }

  /** Gives away one batch; false when there is nothing to give, nobody to take it, or reason to wait. */
  #dispatchOne(): boolean {
    const { first } = this.#queue;
    const runner = first && this.#options.pool.idle();
    this.#lacksIdle = first !== undefined && runner === undefined;
    if (first === undefined) return false;
    if (runner === undefined) return this.#sendAhead(first);
    const decision = this.#decide(first, runner);
    if (decision.kind === 'take') this.#run(runner, decision.size);
    if (decision.kind === 'wait') this.#timer = startTimer(() => this.dispatch(), decision.delayMs);
    return decision.kind === 'take';
  }

  #decide(first: Job, runner: BatchRunner): BatchDecision {
    const { pool, settings } = this.#options;
    const { nextLength: waiting } = this.#queue;
    const batchSize = this.#size.next(runner.mergesJobs && isPrediction(first));
    if (settings.batchSize === 'auto') return sharedBatch({ waiting, batchSize, workers: pool.readyCount });
    const [firstArrivedAt, now] = [first.arrivedAt, performance.now()];
    return nextBatch({ waiting, batchSize, maxBatchDelayMs: settings.maxBatchDelayMs, firstArrivedAt, now });
  }

  /**
   * A full batch gains nothing by waiting: it may travel while a worker still computes those before. So may large jobs, of which the
   * way takes about as long as the work of a quick worker: of those, one batch at a time. None in the background: a client's may come before.
   */
  #sendAhead(first: Job): boolean {
    const { pool, settings } = this.#options;
    const next = first.deaths > 0 || first.request.isBackground === true ? undefined : pool.nearlyIdle(this.#batchMs);
    if (next === undefined) return false;
    const batchSize = this.#size.next(next.runner.mergesJobs && isPrediction(first));
    if (
      this.#queue.nextLength < batchSize &&
      (next.runner.channel.inFlight > 1 || settings.maxBatchDelayMs > 0 || !isLarge(first))
    )
      return false;
    if (next.delayMs > 0) this.#timer = startTimer(() => this.dispatch(), next.delayMs);
    if (next.delayMs > 0 || !next.runner.channel.hasRoom(this.#queue.bytesOfNext(batchSize))) return false;
    this.#run(next.runner, batchSize);
    return true;
  }

  #run(runner: BatchRunner, size: number): void {
    const now = performance.now();
    // Those whose time is over go no further, even when their timers are late.
    const batch = this.#queue.take(size).filter((job) => !this.#clock.endIfOver(job, now));
    if (batch.length > 0) this.#runBatch(runner, batch, now).catch((error: unknown) => this.#onFault(batch, error));
  }

  async #runBatch(runner: BatchRunner, batch: readonly Job[], now: number): Promise<void> {
    for (const job of batch) job.handedOverAt = now;
    const running = runner.channel.run(batch, (job, part) => settlePart(job, part, this.#counter));
    if (this.#options.pool.idle() === undefined) this.#lastSaturatedAt = now;
    const end = await running;
    if (end.kind === 'answered') this.#onReply(batch, end, now);
    else if (end.kind === 'failed') this.#onFailure(batch, end.error);
    else for (const job of batch) this.#requeue(job);
    this.#options.pool.batchEnded(runner, requestsOf(batch), end);
    this.dispatch();
  }

  /** A fault of ours: nobody waits for an answer that does not come. */
  #onFault(batch: readonly Job[], thrown: unknown): void {
    const error = toServeError(thrown);
    for (const job of batch) this.#fail(job, error);
    this.#options.logger.error('a batch could not be run', { error: thrown });
    this.dispatch();
  }

  /** Those that were answered in parts are settled by now. */
  #onReply(batch: readonly Job[], { outcomes, stages }: BatchReply, handedOverAt: number): void {
    const elapsedMs = performance.now() - handedOverAt;
    let answered = 0;
    let row = 0;
    for (const job of batch) {
      const outcome = outcomes[row] ?? { ok: false, error: MISSING_RESULT };
      row += 1;
      if (outcome.ok || job.hasParts) answered += requestsIn(job);
      this.#counter.done(job, outcome.ok);
      if (outcome.ok) job.succeed(outcome.result, stages);
      else job.fail(outcome.error);
    }
    this.#batchMs = smoothed(this.#batchMs, stages.predictionMs);
    if (batch.every(isPrediction)) this.#size.answered(requestsOf(batch), stages.predictionMs);
    this.#counter.batchDone({ batch, answered, stages, elapsedMs });
  }

  /** Ends a job for which no worker has an answer. */
  #fail(job: Job, error: ServeError): void {
    this.#counter.failed(job);
    job.fail(error);
  }

  #onFailure(batch: readonly Job[], error: ServeError): void {
    const { logger, settings } = this.#options;
    const { retryOnWorkerDeath } = settings;
    const again = settleFailure(batch, { error, retryOnWorkerDeath }, this.#counter);
    for (const job of again) this.#requeue(job);
    const requestIds = batch.map(({ request }) => request.requestId);
    logger.error('a batch failed', { requestIds, reason: error.message, deaths: batch[0]?.deaths });
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
    this.#counter.expired();
    this.#fail(job, error);
    if (this.#queue.remove(job)) this.dispatch();
    else job.cancel();
  }
}
