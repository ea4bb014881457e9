/** Between a queue and a pool: hands waiting jobs in batches to idle workers, and settles each of them. */
import { nextBatch } from './batch-policy.ts';
import { BatchQueue } from './batch-queue.ts';
import { ServeError, toServeError } from './errors.ts';
import type { Job } from './job.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { ModelKey } from './model-key.ts';
import { startTimer } from './timer.ts';
import type { VersionSettings } from './version-settings.ts';
import type { BatchReply } from './worker-link.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkerRunner } from './worker-runner.ts';

export interface BatchDispatcherOptions {
  readonly key: ModelKey;
  readonly settings: VersionSettings;
  readonly pool: () => WorkerPool;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export class BatchDispatcher {
  readonly #options: BatchDispatcherOptions;
  readonly #queue: BatchQueue;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BatchDispatcherOptions) {
    this.#options = options;
    this.#queue = new BatchQueue(options.settings.jobQueueSize);
  }

  /** Jobs that wait, and how many may. */
  get queue(): { readonly capacity: number; readonly length: number; readonly isFull: boolean } {
    return this.#queue;
  }

  /** Takes a job in; when its signal aborts while it waits, it leaves. */
  add(job: Job): void {
    this.#queue.add(job);
    job.signal.addEventListener('abort', () => this.#cancel(job), { once: true });
    if (job.signal.aborted) this.#cancel(job);
    else this.dispatch();
  }

  /** Gives idle workers what waits; to be called whenever a worker may have become idle. */
  dispatch(): void {
    clearTimeout(this.#timer);
    while (this.#dispatchOne());
    this.#options.metrics.queueLength(this.#options.key, this.#queue.length);
    this.#options.pool().reap();
  }

  /** Fails everything that waits. */
  failAll(error: ServeError): void {
    while (this.#queue.length > 0) {
      for (const job of this.#queue.take(Infinity)) job.settle({ ok: false, error });
    }
    this.#options.metrics.queueLength(this.#options.key, 0);
    this.#options.pool().reap();
  }

  /** Gives one batch to an idle worker; false when there is nothing to give, nobody to take it, or reason to wait. */
  #dispatchOne(): boolean {
    const first = this.#queue.first;
    const runner = first && this.#options.pool().idle();
    if (first === undefined || runner === undefined) return false;
    const { batchSize, maxBatchDelayMs } = this.#options.settings;
    const [waiting, firstArrivedAt, now] = [this.#queue.length, first.arrivedAt, performance.now()];
    const decision = nextBatch({ waiting, batchSize, maxBatchDelayMs, firstArrivedAt, now });
    if (decision.kind === 'take') void this.#run(runner, this.#queue.take(decision.size));
    if (decision.kind === 'wait') this.#timer = startTimer(() => this.dispatch(), decision.delayMs);
    return decision.kind === 'take';
  }

  async #run(runner: WorkerRunner, batch: readonly Job[]): Promise<void> {
    const handedOverAt = performance.now();
    try {
      const { outcomes, times } = await runner.run(batch);
      batch.forEach((job, row) => job.settle(outcomes[row] ?? { ok: false, error: MISSING_RESULT }));
      this.#countBatch(batch, performance.now() - handedOverAt, times);
    } catch (thrown) {
      const error = toServeError(thrown);
      const requestIds = batch.map(({ request }) => request.requestId);
      this.#options.logger.error('a batch failed', { requestIds, reason: error.message });
      for (const job of batch) job.settle({ ok: false, error });
    }
    this.#countJobs(batch, handedOverAt);
    this.dispatch();
  }

  #countBatch(batch: readonly Job[], elapsedMs: number, times: BatchReply['times']): void {
    if (isDescription(batch)) return;
    const overheadMs = Math.max(0, elapsedMs - times.predictionMs);
    this.#options.metrics.batchDone(this.#options.key, { size: batch.length, ...times, overheadMs });
  }

  #countJobs(batch: readonly Job[], handedOverAt: number): void {
    if (isDescription(batch)) return;
    const { key, metrics } = this.#options;
    const now = performance.now();
    for (const { arrivedAt } of batch) {
      metrics.jobDone(key, { queueMs: handedOverAt - arrivedAt, totalMs: now - arrivedAt });
    }
  }

  #cancel(job: Job): void {
    if (!this.#queue.remove(job)) return;
    job.settle({ ok: false, error: new ServeError('cancelled', 'The client went away') });
    this.dispatch();
  }
}

const MISSING_RESULT = new ServeError('internal', 'The worker sent no result for this request');

/** Descriptions are part of the control plane, and no inference. */
function isDescription([first]: readonly Job[]): boolean {
  return first?.request.operation === 'describe';
}
