/** How one version is served. Durations are milliseconds. */
export interface VersionSettings {
  /** Largest number of jobs in a batch, ≥ 1. */
  readonly batchSize: number;
  /** Longest wait for a batch to fill; 0 never waits. */
  readonly maxBatchDelayMs: number;
  /** Longest time a batch may take before its worker is ended. */
  readonly responseTimeoutMs: number;
  /** Longest time a worker may take to become ready. */
  readonly startupTimeoutMs: number;
  /** How long after its first failure a worker is started again. */
  readonly retryWindowMs: number;
  /** How many jobs may wait. */
  readonly jobQueueSize: number;
}
