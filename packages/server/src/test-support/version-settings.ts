/** How a version is served in tests that do not care. */
import type { VersionSettings } from '../core/registry/version-settings.ts';

export const SETTINGS: VersionSettings = {
  batchSize: 1,
  maxBatchDelayMs: 0,
  responseTimeoutMs: 120_000,
  startupTimeoutMs: 120_000,
  retryWindowMs: 300_000,
  jobQueueSize: 100,
  clientTimeoutMs: 0,
  retryOnWorkerDeath: true,
  maxRequestsPerWorker: 0,
  maxWorkerBytes: 0,
  scaleUpWaitMs: 200,
  scaleDownIdleMs: 60_000,
};
