/** What is said of a job before its batch is over: a part of its answer, or its end. */
import { clientGone } from '../errors.ts';
import type { JobCounter } from './job-counter.ts';
import type { Job, JobPart } from './job.ts';

/** @throws Error for a part that should not have been sent */
export function settlePart(job: Job, { outcome, isLast }: JobPart, counter: Pick<JobCounter, 'done'>): void {
  if (isLast) counter.done(job, outcome === undefined ? job.hasParts : outcome.ok);
  if (outcome?.ok === false) job.fail(outcome.error);
  else if (outcome !== undefined && isLast && !job.hasParts) job.succeed(outcome.result);
  else if (outcome === undefined && !job.hasParts) job.fail(clientGone());
  else {
    if (outcome !== undefined) job.addPart(outcome.result);
    if (isLast) job.endParts();
  }
}
