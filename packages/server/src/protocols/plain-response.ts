/** From a job's answer, which says its own status and headers, to a response. */
import type { JobAnswer } from '../core/jobs/job.ts';
import type { PlainRequest, PlainResponse, StreamedResponse } from './endpoint.ts';
import { partBodies } from './part-bodies.ts';
import type { ReplyMeta } from './reply-meta.ts';
import { serverTiming } from './server-timing.ts';

/** Whole, or in parts. */
export function plainResponse(
  answer: JobAnswer,
  request: Pick<PlainRequest, 'header'>,
): PlainResponse | StreamedResponse {
  const { contentType, headers: own, status = 200, reason } = answer.meta as ReplyMeta;
  const headers: Record<string, string> = { 'content-type': contentType, ...own };
  if (request.header('x-marserve-timing') === '1') headers['server-timing'] = serverTiming(answer);
  if (answer.rest === undefined) return { status, reason, headers, body: answer.body };
  return { status, reason, headers, body: partBodies(answer.body, answer.rest) };
}
