/** What every protocol's inference endpoints call. */
import type { Caller, JobAnswer, JobRequest } from './jobs/job.ts';
import type { Metrics } from './metrics.ts';
import type { ModelRegistry } from './registry/model-registry.ts';
import type { RegisteredVersion } from './registry/registered-version.ts';

/** A model that could take a job a moment ago. */
export interface Admission {
  /** @throws ServeError why there is no result */
  submit(request: JobRequest, caller: Caller): Promise<JobAnswer>;
}

export interface DataPlane {
  /**
   * Looks for the version that will serve a request, before its body is read.
   * @throws ServeError as `ModelRegistry.resolve`; `default_version_not_ready`, `no_worker` or `queue_full`
   */
  admit(name: string, version?: string): Admission;
}

export function createDataPlane(registry: ModelRegistry, metrics: Metrics): DataPlane {
  return {
    admit(name, version) {
      const registered = registry.resolve(name, version);
      metrics.requestReceived(name, version);
      if (version === undefined) registered.golden.assertRight();
      registered.serving.assertCanServe();
      return {
        // Another version may have become the default one while the body was read.
        submit: (request, caller) => submit(registry.resolve(name, version), { request, caller, version }),
      };
    },
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
