/** What the codec in the worker tells the endpoints in the daemon about an answer, and whether it could have. */
import { headersProblem, isHeaderText, isResponseStatus } from '@marserve/handlers/response-headers';
import type { JobAnswer } from '../core/jobs/job.ts';
import type { PlainRequest, PlainResponse } from './endpoint.ts';
import { isRecord } from './is-record.ts';
import { withServerTiming } from './server-timing.ts';

/** Facts beside the body. */
export interface ReplyMeta {
  /** Of the body. */
  readonly contentType: string;
  /** Headers that the handler set. */
  readonly headers: Readonly<Record<string, string>>;
  /** Status that the handler set; 200 otherwise. */
  readonly status?: number;
  /** Reason phrase that the handler set. */
  readonly reason?: string;
}

/** By content type: the same object for all answers on which nothing was set, so that the wire says it once. */
const plain = new Map<string, ReplyMeta>();
/** Content types may be of the handler's making. */
const MOST_PLAIN = 100;

/** Of an answer on which the handler set nothing. */
export function plainMeta(contentType: string): ReplyMeta {
  const known = plain.get(contentType);
  if (known !== undefined) return known;
  const meta = { contentType, headers: {} };
  if (plain.size < MOST_PLAIN) plain.set(contentType, meta);
  return meta;
}

let latest: { readonly meta: ReplyMeta; readonly headers: Readonly<Record<string, string>> } | undefined;

/** Headers of an answer: the same object for the same facts, so that they are written out once. */
function replyHeaders(meta: ReplyMeta): Readonly<Record<string, string>> {
  if (latest?.meta !== meta) latest = { meta, headers: { 'content-type': meta.contentType, ...meta.headers } };
  return latest.headers;
}

/** Status and headers of a response, as an answer says them. @param answer whose facts `replyMetaProblem` found right */
export function replyHead(answer: JobAnswer, request: Pick<PlainRequest, 'header'>): Omit<PlainResponse, 'body'> {
  const meta = answer.meta as ReplyMeta;
  const { status = 200, reason } = meta;
  return { status, reason, headers: withServerTiming(replyHeaders(meta), answer, request) };
}

/**
 * The response of an answer that came whole. Its keys are named one by one: what is spread, V8 makes in the part of its heap that is
 * seldom looked at, which grew by 180 bytes with each request.
 */
export function replyResponse(answer: JobAnswer, request: Pick<PlainRequest, 'header'>): PlainResponse {
  const { status, reason, headers } = replyHead(answer, request);
  return { status, reason, headers, body: answer.body };
}

/** Facts that were found right: those of the answers of a model are the same object most often. */
const right: unknown[] = [];
const MOST_RIGHT = 8;
let nextRight = 0;

/** What is wrong with the facts beside an answer, which is what a handler made them; undefined when nothing is. */
export function replyMetaProblem(meta: unknown): string | undefined {
  if (right.includes(meta)) return undefined;
  const problem = problemOf(meta);
  if (problem !== undefined) return problem;
  right[nextRight] = meta;
  nextRight = (nextRight + 1) % MOST_RIGHT;
  return undefined;
}

function problemOf(meta: unknown): string | undefined {
  if (!isRecord(meta)) return 'an answer without facts beside it';
  const { contentType, headers, status, reason } = meta;
  if (!isHeaderText(contentType)) return 'an answer whose content type is no text for a header';
  if (status !== undefined && !isResponseStatus(status)) return 'an answer with a status that there is not';
  if (reason !== undefined && !isHeaderText(reason)) return 'an answer whose reason is no text for a header';
  if (!isRecord(headers)) return 'an answer whose headers are no object';
  const problem = headersProblem(headers);
  return problem && `an answer with ${problem}`;
}
