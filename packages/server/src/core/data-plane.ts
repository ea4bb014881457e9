/** What every protocol's inference endpoints call. */
import type { Caller, JobAnswer, JobRequest } from './job.ts';
import type { Metrics } from './metrics.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';

/** A model that could take a job a moment ago. */
export interface Admission {
  /** @throws ServeError why there is no result */
  submit(request: JobRequest, caller: Caller): Promise<JobAnswer>;
}

export interface DataPlane {
  /**
   * Looks for the version that will serve a request, before its body is read.
   * @throws ServeError `model_not_found`, `version_not_found`, `default_version_unfit`, `no_worker` or `queue_full`
   */
  admit(name: string, version?: string): Admission;
  /** Models whose default version has fewer working workers than it was given, or answers wrongly. */
  unhealthyModels(): string[];
}

export function createDataPlane(registry: ModelRegistry, metrics: Metrics): DataPlane {
  return {
    admit(name, version) {
      const registered = registry.resolve(name, version);
      metrics.requestReceived(name, version);
      if (version === undefined) registered.golden.assertFit();
      registered.serving.assertCanServe();
      return {
        // Another version may have become the default one while the body was read.
        submit: (request, caller) => submit(registry.resolve(name, version), { request, caller, version }),
      };
    },
    unhealthyModels: () => registry.names().filter((name) => !isHealthy(registry.resolve(name))),
  };
}

interface Submission {
  readonly request: JobRequest;
  readonly caller: Caller;
  /** Undefined when the request names none. */
  readonly version: string | undefined;
}

function submit({ serving, golden }: RegisteredVersion, submission: Submission): Promise<JobAnswer> {
  const answer = serving.submit(submission.request, submission.caller);
  return submission.version === undefined && golden.isOpen ? golden.hold(answer) : answer;
}

function isHealthy({ serving, golden }: RegisteredVersion): boolean {
  return serving.isHealthy && golden.mismatch === undefined;
}
