/** A plain response over node:http, with the headers that every reply has. */
import type { ServerResponse } from 'node:http';
import type { PlainResponse } from '../protocols/endpoint.ts';
import { awaitsContinue } from './read-body.ts';
import { createPieceCounter } from './read-turns.ts';

/** TorchServe's headers against caches (torchserve.md 3.1). */
const NO_CACHE = {
  pragma: 'no-cache',
  'cache-control': 'no-cache; no-store, must-revalidate, private',
  expires: 'Thu, 01 Jan 1970 00:00:00 UTC',
};

export interface ReplyFacts {
  readonly requestId: string;
  /** See `standardHeaders`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the connection ends with this answer. */
  readonly isLast: boolean;
}

/** The headers of every reply, with names in lower case. */
export function standardHeaders(extra: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = { ...NO_CACHE };
  addHeaders(headers, extra);
  return headers;
}

/** How much of a body that nobody wants is read, and for how long, so that its client gets to read the answer. */
const MAX_DISCARDED_BYTES = 64 * 2 ** 20;
const MAX_DISCARDING_MS = 10_000;

/** Sends the response; a client that has gone is not an error. */
export function sendResponse(response: ServerResponse, plain: PlainResponse, facts: ReplyFacts): void {
  if (response.destroyed || response.headersSent) return;
  const body = typeof plain.body === 'string' ? Buffer.from(plain.body) : plain.body;
  const headers = { ...facts.headers };
  addHeaders(headers, plain.headers);
  headers['x-request-id'] = facts.requestId;
  const isUnread = !response.req.complete;
  // What such a client sends next is its body, or another request: nobody can tell.
  if (facts.isLast || (isUnread && awaitsContinue(response.req))) headers.connection = 'close';
  if (hasNoBody(plain.status)) delete headers['content-type'];
  else headers['content-length'] = String(body.byteLength);
  if (plain.reason === undefined) response.writeHead(plain.status, headers);
  else response.writeHead(plain.status, plain.reason, headers);
  const content = hasNoBody(plain.status) ? undefined : body;
  if (isUnread && !awaitsContinue(response.req)) endAfterRest(response, content);
  else response.end(content);
}

/** Those that are added win, in whatever case they are written. */
function addHeaders(headers: Record<string, string>, added: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(added)) headers[name.toLowerCase()] = added[name] ?? '';
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/**
 * A client that is still sending would not see an answer on a connection that is closed under it: it has the answer at once,
 * and the connection ends, where it is to end, when the rest of the body has come, or too much of it.
 */
function endAfterRest(response: ServerResponse, content: Uint8Array | undefined): void {
  const { req: request } = response;
  const { socket } = request;
  const readBefore = socket.bytesRead;
  if (content === undefined) response.flushHeaders();
  else response.write(content);
  const giveUp = () => {
    response.end();
    socket.destroySoon();
  };
  const timer = setTimeout(giveUp, MAX_DISCARDING_MS);
  const countPiece = createPieceCounter(socket);
  request.on('data', () => {
    countPiece();
    if (socket.bytesRead - readBefore > MAX_DISCARDED_BYTES) giveUp();
  });
  request.once('end', () => response.end());
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
