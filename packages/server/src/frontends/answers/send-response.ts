/** A plain response over node:http. */
import type { ServerResponse } from 'node:http';
import type { PlainResponse } from '../../protocols/endpoint.ts';
import { awaitsContinue } from '../bodies/read-body.ts';
import { createPieceCounter } from '../bodies/read-turns.ts';
import { hasNoBody, writeHead, type ReplyFacts } from './response-head.ts';

/** How much of a body that nobody wants is read, so that its client gets to read the answer. */
export const MAX_DISCARDED_BYTES = 64 * 2 ** 20;
/** For so long. */
export const MAX_DISCARDING_MS = 10_000;

/** Sends the response; a client that has gone is not an error. */
export function sendResponse(response: ServerResponse, plain: PlainResponse, facts: ReplyFacts): void {
  if (response.destroyed || response.headersSent) return;
  const body = typeof plain.body === 'string' ? Buffer.from(plain.body) : plain.body;
  writeHead(response, plain, { facts, length: body.byteLength });
  const content = hasNoBody(plain.status) ? undefined : body;
  if (!response.req.complete && !awaitsContinue(response.req)) endAfterRest(response, content);
  else response.end(content);
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
  const countPiece = createPieceCounter(response);
  request.on('data', (piece: Buffer) => {
    countPiece(piece);
    if (socket.bytesRead - readBefore > MAX_DISCARDED_BYTES) giveUp();
  });
  request.once('end', () => response.end());
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
