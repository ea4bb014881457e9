/** How one version is served. Durations are milliseconds. */
export interface VersionSettings {
  /** Largest number of jobs in a batch, ≥ 1; `auto` for what `autoBatchSize` makes of it. */
  readonly batchSize: number | 'auto';
  /** Longest wait for a batch to fill; 0 never waits, and neither does a size that is `auto`. */
  readonly maxBatchDelayMs: number;
  /** Longest time a batch may take before its worker is ended, and longest time a job may wait for a worker. */
  readonly responseTimeoutMs: number;
  /** Longest time a worker may take to become ready. */
  readonly startupTimeoutMs: number;
  /** How long after its first failure a worker is started again. */
  readonly retryWindowMs: number;
  /** How many jobs may wait. */
  readonly jobQueueSize: number;
  /** How many jobs may wait and run; 0 for no limit of its own. */
  readonly maxInflight: number;
  /** Bytes of what it asks other models at a time; 0 for no limit. */
  readonly maxInflightBytes: number;
  /** Longest time from a request to its answer; 0 for as long as it takes. A request may ask for less. */
  readonly clientTimeoutMs: number;
  /** Whether the jobs of a worker that died are run again. */
  readonly retryOnWorkerDeath: boolean;
  /** Requests after which a worker is replaced by a fresh one; 0 for never. */
  readonly maxRequestsPerWorker: number;
  /** Resident memory, in bytes, above which a worker is replaced by a fresh one; 0 for never. */
  readonly maxWorkerBytes: number;
  /** Time from one run of its golden requests to the next; 0 for no other than the first. */
  readonly goldenIntervalMs: number;
  /** A job that waits longer than this has one more worker started, up to the greatest number. */
  readonly scaleUpWaitMs: number;
  /** A worker that was not needed for so long is ended, down to the least number. */
  readonly scaleDownIdleMs: number;
}
