/** What the configuration says of models that say nothing: the server-wide keys, and `models={…}` for one version. */
import type { ServerConfig } from './config/schema.ts';
import type { ControlPlaneOptions } from './core/control-plane.ts';

/** @param workersAtStart those that a model of the start gets when nobody says how many */
export function registrationDefaults(config: ServerConfig, workersAtStart: number): ControlPlaneOptions['defaultsFor'] {
  return ({ name, version }, { loadedAtStartup }) => {
    const own = config.models?.[name]?.[version];
    const serverWide = config.defaultWorkersPerModel || (loadedAtStartup ? workersAtStart : 0);
    const workers = own?.minWorkers ?? serverWide;
    return {
      workers: { min: workers, max: Math.max(workers, own?.maxWorkers ?? workers) },
      settings: {
        batchSize: own?.batchSize ?? config.batchSize,
        maxBatchDelayMs: own?.maxBatchDelay ?? config.maxBatchDelay,
        responseTimeoutMs: seconds(own?.responseTimeout ?? config.defaultResponseTimeout),
        startupTimeoutMs: seconds(own?.startupTimeout ?? config.defaultStartupTimeout),
        retryWindowMs: seconds(config.maxRetryTimeoutInSec),
        jobQueueSize: config.jobQueueSize,
        clientTimeoutMs: config.clientTimeout,
        retryOnWorkerDeath: config.retryOnWorkerDeath,
        maxRequestsPerWorker: config.maxRequestsPerWorker,
        maxWorkerBytes: config.maxWorkerMemory * 2 ** 20,
        scaleUpWaitMs: config.scaleUpWait,
        scaleDownIdleMs: seconds(config.scaleDownIdle),
      },
    };
  };
}

function seconds(count: number): number {
  return count * 1000;
}
