/** From a job's answer, which says its own status and headers, to a response. */
import type { JobAnswer } from '../core/jobs/job.ts';
import type { PlainRequest, PlainResponse, StreamedResponse } from './endpoint.ts';
import { partBodies } from './part-bodies.ts';
import { replyHeaders, type ReplyMeta } from './reply-meta.ts';
import { serverTiming } from './server-timing.ts';

/** Whole, or in parts. */
export function plainResponse(
  answer: JobAnswer,
  request: Pick<PlainRequest, 'header'>,
): PlainResponse | StreamedResponse {
  const meta = answer.meta as ReplyMeta;
  const { status = 200, reason } = meta;
  const plain = replyHeaders(meta);
  const isTimingAsked = request.header('x-marserve-timing') === '1';
  const headers = isTimingAsked ? { ...plain, 'server-timing': serverTiming(answer) } : plain;
  if (answer.rest === undefined) return { status, reason, headers, body: answer.body };
  return { status, reason, headers, body: partBodies(answer.body, answer.rest) };
}
