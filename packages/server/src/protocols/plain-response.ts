/** From a job's answer, which says its own status and headers, to a response. */
import type { JobAnswer } from '../core/jobs/job.ts';
import type { PlainRequest, PlainResponse, StreamedResponse } from './endpoint.ts';
import { partBodies } from './part-bodies.ts';
import { replyHead, replyResponse } from './reply-meta.ts';

/** Whole, or in parts. */
export function plainResponse(
  answer: JobAnswer,
  request: Pick<PlainRequest, 'header'>,
): PlainResponse | StreamedResponse {
  if (answer.rest === undefined) return replyResponse(answer, request);
  return { ...replyHead(answer, request), body: partBodies(answer.body, answer.rest) };
}
