/** From a job's answer, which says its own status and headers, to a response. */
import type { JobAnswer } from '../core/jobs/job.ts';
import type { PlainRequest, PlainResponse, StreamedResponse } from './endpoint.ts';
import { partBodies } from './part-bodies.ts';
import { replyHead } from './reply-meta.ts';

/** Whole, or in parts. */
export function plainResponse(
  answer: JobAnswer,
  request: Pick<PlainRequest, 'header'>,
): PlainResponse | StreamedResponse {
  const head = replyHead(answer, request);
  if (answer.rest === undefined) return { ...head, body: answer.body };
  return { ...head, body: partBodies(answer.body, answer.rest) };
}
