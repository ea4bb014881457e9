/** A plain response over node:http, with the headers that every reply has. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlainResponse } from '../protocols/endpoint.ts';

/** TorchServe's headers against caches (torchserve.md 3.1). */
const NO_CACHE = {
  pragma: 'no-cache',
  'cache-control': 'no-cache; no-store, must-revalidate, private',
  expires: 'Thu, 01 Jan 1970 00:00:00 UTC',
};

export interface ReplyFacts {
  readonly requestId: string;
  /** CORS headers and the like. */
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** Whether the connection ends with this answer. */
  readonly isLast: boolean;
}

/** How much of a body that nobody wants is read, and for how long, so that its client gets to read the answer. */
const MAX_DISCARDED_BYTES = 64 * 2 ** 20;
const MAX_DISCARDING_MS = 10_000;

/** Sends the response; a client that has gone is not an error. */
export function sendResponse(response: ServerResponse, plain: PlainResponse, facts: ReplyFacts): void {
  if (response.destroyed || response.headersSent) return;
  const body = typeof plain.body === 'string' ? Buffer.from(plain.body) : plain.body;
  const headers = {
    ...NO_CACHE,
    ...facts.extraHeaders,
    ...plain.headers,
    'x-request-id': facts.requestId,
    'content-length': body.byteLength,
    ...(facts.isLast && { connection: 'close' }),
  };
  if (!response.req.complete) discardRest(response.req);
  if (plain.reason === undefined) response.writeHead(plain.status, headers);
  else response.writeHead(plain.status, plain.reason, headers);
  response.end(body);
}

/** A client that is still sending would not see an answer on a connection that is closed under it. */
function discardRest(request: IncomingMessage): void {
  let size = 0;
  const giveUp = () => request.socket.destroy();
  const timer = setTimeout(giveUp, MAX_DISCARDING_MS);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_DISCARDED_BYTES) giveUp();
  });
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
