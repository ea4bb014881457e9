/** Status and headers of a response over node:http, with the headers that every reply has. */
import type { ServerResponse } from 'node:http';
import type { PlainResponse } from '../../protocols/endpoint.ts';
import { awaitsContinue } from '../bodies/read-body.ts';

/** A response without its body. */
export type ResponseHead = Omit<PlainResponse, 'body'>;

/** TorchServe's headers against caches (torchserve.md 3.1). */
const NO_CACHE = {
  pragma: 'no-cache',
  'cache-control': 'no-cache; no-store, must-revalidate, private',
  expires: 'Thu, 01 Jan 1970 00:00:00 UTC',
};

/** What the head of every answer says. */
export interface ReplyFacts {
  /** Returned in a header. */
  readonly requestId: string;
  /** See `standardHeaders`. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the connection ends with this answer. */
  readonly isLast: boolean;
}

/** The headers of every reply, with names in lower case. */
export function standardHeaders(extra: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const headers = new Map(Object.entries(NO_CACHE));
  addHeaders(headers, extra);
  return headers;
}

/** What is known of an answer beside its head. */
export interface HeadFacts {
  /** What the head says of every answer. */
  readonly facts: ReplyFacts;
  /** Bytes of the body; undefined for one that comes in parts. */
  readonly length: number | undefined;
}

/**
 * Writes status and headers; put together in a map and given to node:http as a list, because objects whose names differ by
 * the answer took it three times as long. @throws Error for those that node:http refuses
 */
export function writeHead(response: ServerResponse, plain: ResponseHead, { facts, length }: HeadFacts): void {
  const headers = new Map(facts.headers);
  addHeaders(headers, plain.headers);
  headers.set('x-request-id', facts.requestId);
  // What such a client sends next is its body, or another request: nobody can tell.
  if (facts.isLast || (!response.req.complete && awaitsContinue(response.req))) headers.set('connection', 'close');
  if (hasNoBody(plain.status)) headers.delete('content-type');
  else if (length !== undefined) headers.set('content-length', String(length));
  const list: string[] = [];
  for (const [name, value] of headers) list.push(name, value);
  if (plain.reason === undefined) response.writeHead(plain.status, list);
  else response.writeHead(plain.status, plain.reason, list);
}

/** Those that are added win, in whatever case they are written. */
function addHeaders(headers: Map<string, string>, added: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(added)) headers.set(name.toLowerCase(), added[name] ?? '');
}

/** Whether answers of this status have none (RFC 9110, 15.3.5 and 15.4.5). */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
