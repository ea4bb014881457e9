/** A worker died over a batch, or was ended because of it. */
import { ServeError } from '../errors.ts';
import type { JobCounter } from './job-counter.ts';
import { requestsIn, type Job } from './job.ts';
import { isRetried } from './retry-policy.ts';

/** What became of it, and what is to be done about that. */
export interface BatchFault {
  /** What the client of a job hears that is not run again. */
  readonly error: ServeError;
  /** Whether jobs over which a worker died are run again. */
  readonly retryOnWorkerDeath: boolean;
}

/** No answer begins anew of which its caller has a part. @returns the jobs that are to be run again; the others are settled */
export function settleFailure(
  batch: readonly Job[],
  { error, retryOnWorkerDeath }: BatchFault,
  counter: Pick<JobCounter, 'done' | 'retried'>,
): Job[] {
  const mayRetry = retryOnWorkerDeath && error.code === 'worker_died';
  const again: Job[] = [];
  for (const job of batch) {
    job.deaths += 1;
    if (batch.length === 1) job.deathsAlone += 1;
    // Whoever asks for several asks for each by itself then.
    if (mayRetry && !job.hasParts && isRetried(job) && requestsIn(job) === 1) {
      counter.retried();
      again.push(job);
    } else {
      counter.done(job, false);
      job.fail(mayRetry && !job.hasParts ? deadly(job.deaths, error) : error);
    }
  }
  return again;
}

/** What the client hears whose request killed again and again. */
function deadly(deaths: number, error: ServeError): ServeError {
  const message = `${error.message} ${deaths} workers died over this request, the last two with this request alone.`;
  return new ServeError(error.code, message, { cause: error });
}

/** What the client of a job hears of which the worker said nothing in its reply. */
export const MISSING_RESULT = new ServeError('internal', 'The worker sent no result for this request');
