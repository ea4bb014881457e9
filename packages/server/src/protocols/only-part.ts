/** An answer for a client that takes one: whole, or in one part. */
import { ServeError } from '../core/errors.ts';
import type { JobAnswer } from '../core/jobs/job.ts';

/**
 * @param advice how to ask for several
 * @throws ServeError `not_implemented` for an answer of several parts, and why parts end early
 */
export async function onlyPart(answer: JobAnswer, advice: string): Promise<JobAnswer> {
  const { rest, ...whole } = answer;
  if (rest === undefined) return whole;
  const next = await rest.next();
  if (next.done === true) return whole;
  await rest.return();
  throw new ServeError('not_implemented', `The model answers in parts: ${advice}`);
}
