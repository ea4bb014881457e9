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
}

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
    ...unreadBody(response.req),
  };
  if (plain.reason === undefined) response.writeHead(plain.status, headers);
  else response.writeHead(plain.status, plain.reason, headers);
  response.end(body);
}

/** A body that nobody wants is not read to its end to save the connection. */
function unreadBody(request: IncomingMessage): Record<string, string> {
  return request.complete || !hasBody(request) ? {} : { connection: 'close' };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
