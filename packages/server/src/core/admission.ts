/** Lets requests in: to the version that is meant, while that can take them. */
import type { BatchDispatcher } from './batch-dispatcher.ts';
import type { DataPlane } from './data-plane.ts';
import type { GoldenCheck } from './golden/golden-check.ts';
import type { Caller, JobAnswer, JobRequest } from './jobs/job.ts';
import type { Metrics } from './metrics.ts';
import type { ModelKey } from './model-key.ts';

/** A model that could take a job a moment ago. */
export interface Admission {
  /** Its version, as it is now. */
  readonly key: ModelKey;
  /** See `RegisteredVersion`. */
  readonly serial: number;
  /** @throws ServeError why there is no result */
  submit(request: JobRequest, caller: Caller): Promise<JobAnswer>;
}

/** A version, as far as it takes requests. */
export interface AdmittingVersion {
  /** Its name and version. */
  readonly key: ModelKey;
  /** See `RegisteredVersion`. */
  readonly serial: number;
  /** What takes its jobs. */
  readonly serving: { readonly dispatcher: Pick<BatchDispatcher, 'assertCanServe' | 'submit'> };
  /** Whether it answers as its archive says. */
  readonly golden: Pick<GoldenCheck, 'assertRight' | 'isOpen' | 'hold'>;
}

/** Where versions are found. */
export interface AdmittingRegistry {
  /** @throws ServeError as `ModelRegistry.resolve` */
  resolve(name: string, version?: string): AdmittingVersion;
}

/** Every admitted or refused request to a known model is counted as received. */
export function createAdmission(
  registry: AdmittingRegistry,
  metrics: Pick<Metrics, 'requestReceived'>,
): DataPlane['admit'] {
  return (name, version, requests = 1) => {
    const registered = registry.resolve(name, version);
    metrics.requestReceived(name, version, requests);
    if (version === undefined) registered.golden.assertRight();
    registered.serving.dispatcher.assertCanServe();
    return {
      key: registered.key,
      serial: registered.serial,
      // Another version may have become the default one while the body was read.
      submit: (request, caller) => submit(registry.resolve(name, version), { request, caller, version }),
    };
  };
}

interface Submission {
  readonly request: JobRequest;
  readonly caller: Caller;
  /** Undefined when the request names none. */
  readonly version: string | undefined;
}

function submit({ serving, golden }: AdmittingVersion, submission: Submission): Promise<JobAnswer> {
  const answer = serving.dispatcher.submit(submission.request, submission.caller);
  return submission.version === undefined && golden.isOpen ? hold(answer, golden) : answer;
}

async function hold(answer: Promise<JobAnswer>, golden: AdmittingVersion['golden']): Promise<JobAnswer> {
  const { rest } = await answer;
  try {
    return await golden.hold(answer);
  } catch (error) {
    await rest?.return();
    throw error;
  }
}
