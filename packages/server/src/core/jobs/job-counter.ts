/** Counts what becomes of the jobs of one version. Descriptions are part of the control plane, and no inference: they do not count. */
import type { Metrics, StageTimes } from '../metrics.ts';
import type { ModelKey } from '../model-key.ts';
import { requestsIn, requestsOf, type Job } from './job.ts';
import type { VersionStatistics } from './version-statistics.ts';

/** Where it is counted. */
export interface JobCounterOptions {
  /** The version whose jobs these are. */
  readonly key: ModelKey;
  /** Told of each job and batch that is answered, retried or expired. */
  readonly metrics: Metrics;
  /** Told of each job that ends, and of each batch that is answered. */
  readonly statistics: Pick<VersionStatistics, 'succeeded' | 'failed' | 'batchAnswered'>;
}

/** A batch that its worker answered. */
export interface CountedBatch {
  /** Its jobs, ≥ 1. */
  readonly batch: readonly Job[];
  /** How many of their requests were answered well. */
  readonly answered: number;
  /** Where the time went, in the worker; milliseconds. */
  readonly stages: StageTimes;
  /** From the hand-over to the answer, in milliseconds. */
  readonly elapsedMs: number;
}

/** The counter of one version. */
export class JobCounter {
  readonly #options: JobCounterOptions;

  constructor(options: JobCounterOptions) {
    this.#options = options;
  }

  /** A job that no worker will run, or has an answer for; to be called before it is settled. */
  failed(job: Job): void {
    if (isDescription(job) || job.isSettled) return;
    const requests = requestsIn(job);
    const totalMs = performance.now() - job.arrivedAt;
    for (let request = 0; request < requests; request += 1) this.#options.statistics.failed(totalMs);
  }

  /** A job that a worker is done with; to be called before it is settled. */
  done(job: Job, isAnswered: boolean): void {
    if (isDescription(job) || job.isSettled) return;
    const { key, metrics, statistics } = this.#options;
    const { queueMs } = job;
    const totalMs = performance.now() - job.arrivedAt;
    const requests = requestsIn(job);
    metrics.jobDone(key, { queueMs, totalMs }, requests);
    for (let request = 0; request < requests; request += 1) {
      if (isAnswered) statistics.succeeded(queueMs, totalMs);
      else statistics.failed(totalMs);
    }
  }

  /** A job that is run again. */
  retried(): void {
    this.#options.metrics.jobRetried(this.#options.key);
  }

  /** A job whose time is over. */
  expired(): void {
    this.#options.metrics.jobExpired(this.#options.key);
  }

  /** A batch whose jobs are settled. */
  batchDone({ batch, answered, stages, elapsedMs }: CountedBatch): void {
    if (isDescription(batch[0])) return;
    const { key, metrics, statistics } = this.#options;
    const size = requestsOf(batch);
    statistics.batchAnswered({ size, answered, stages });
    const overheadMs = Math.max(0, elapsedMs - stages.predictionMs);
    metrics.batchDone(key, { size, ...stages, overheadMs });
  }
}

function isDescription(job: Job | undefined): boolean {
  return job?.request.operation === 'describe';
}
