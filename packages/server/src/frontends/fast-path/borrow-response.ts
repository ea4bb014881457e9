/** A response of node:http for an answer that is more than a small text: in parts, large, or with headers that need a check. */
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { PlainHead } from './read-head.ts';

/** Whom it belongs to, and what comes after. */
export interface Borrowing {
  /** The connection that it is written to. */
  readonly socket: Socket;
  /** The request that it answers, which was read whole. */
  readonly head: PlainHead;
  /** How long the connection may be without a request, in milliseconds; the client is told. */
  readonly idleTimeoutMs: number;
  /**
   * Called once, when all of it was given to the system, with whether the connection ends with it, as node:http has told the
   * client; not for one that was closed before.
   */
  readonly onFinished: (isLast: boolean) => void;
}

/** The connection is its own until it is finished; on one that is closed already, it is closed, too. */
export function borrowResponse({ socket, head, idleTimeoutMs, onFinished }: Borrowing): ServerResponse {
  const response = new ServerResponse(requestOf(socket, head));
  // Nobody would tell it any more.
  if (socket.destroyed) return Object.assign(response, { destroyed: true });
  // As node:http's own server does, for its header Keep-Alive.
  Object.assign(response, { _keepAliveTimeout: idleTimeoutMs });
  const onDrain = () => response.emit('drain');
  response.assignSocket(socket);
  socket.on('drain', onDrain);
  response.once('close', () => socket.off('drain', onDrain));
  response.once('finish', () => {
    response.detachSocket(socket);
    response.emit('close');
    onFinished(isLast(response));
  });
  return response;
}

/** Node has it for its own server, but not in its documentation or its types. */
function isLast(response: ServerResponse): boolean {
  return (response as { readonly _last?: boolean })._last === true;
}

function requestOf(socket: Socket, { method, target, rawHeaders }: PlainHead): IncomingMessage {
  const request = new IncomingMessage(socket);
  request.rawHeaders.push(...rawHeaders);
  return Object.assign(request, {
    method,
    url: target,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    complete: true,
  });
}
