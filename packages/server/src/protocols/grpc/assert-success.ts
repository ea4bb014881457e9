/** Answers to which a handler gave a status of HTTP, where there is none. */
import { ServeError } from '../../core/errors.ts';
import type { JobAnswer } from '../../core/jobs/job.ts';
import type { ReplyMeta } from '../reply-meta.ts';

/** @returns the same answer @throws ServeError `prediction` for one that is an error by its status */
export async function assertSuccess(answer: JobAnswer): Promise<JobAnswer> {
  const { status = 200, reason } = answer.meta as ReplyMeta;
  if (status < 400) return answer;
  await answer.rest?.return();
  throw new ServeError('prediction', reason ?? `The handler answered with the status ${status}`, { status });
}
