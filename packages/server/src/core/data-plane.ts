/** What every protocol's inference endpoints call. */
import type { Caller, JobAnswer, JobRequest } from './job.ts';
import type { Metrics } from './metrics.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { ModelVersion } from './model-version.ts';

/** A version that was ready to take a job a moment ago. */
export interface Admission {
  /** @throws ServeError why there is no result */
  submit(request: JobRequest, caller: Caller): Promise<JobAnswer>;
}

export interface DataPlane {
  /**
   * Looks for the version that will serve a request, before its body is read.
   * @throws ServeError `model_not_found`, `version_not_found`, `no_worker` or `queue_full`
   */
  admit(name: string, version?: string): Admission;
  /** Default versions that have fewer working workers than they were given. */
  unhealthyModels(): string[];
}

export function createDataPlane(registry: ModelRegistry, metrics: Metrics): DataPlane {
  return {
    admit(name, version) {
      const serving: ModelVersion = registry.resolve(name, version).serving;
      metrics.requestReceived(name, version);
      serving.assertCanServe();
      return serving;
    },
    unhealthyModels: () => registry.names().filter((name) => !registry.resolve(name).serving.isHealthy),
  };
}
