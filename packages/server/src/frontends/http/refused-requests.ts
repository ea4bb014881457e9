/**
 * Requests that no endpoint gets: those that node:http cannot read, or not in time, of which it tells as errors of their
 * connection, and those that ask for a tunnel.
 */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import { ServeError } from '../../core/errors.ts';
import type { CallFacts, CallOutcome, Interceptor } from '../../interceptors/interceptor.ts';
import type { EndpointGroup, PlainResponse } from '../../protocols/endpoint.ts';
import type { Connections } from '../connections/connections.ts';
import { newRequestId, requestIdOf } from './request-id.ts';
import { methodNotAllowed } from '../routes/route-errors.ts';

interface ClientError extends Error {
  readonly code?: string;
  /** What could not be read, and what came with it. */
  readonly rawPacket?: Buffer;
}

/** How they are answered, and who is told. */
export interface RefusalOptions extends Pick<EndpointGroup, 'errorResponse'> {
  /** Finds the response that a connection waits for. */
  readonly connections: Connections;
  /** Told of those that no endpoint answers. */
  readonly interceptor: Required<Interceptor>;
}

/** What node:http says of a connection that its client ended in the middle of a request. */
export function brokenOff(bytes: Buffer): Error {
  const error = new Error('Parse Error: Invalid EOF state');
  return Object.assign(error, { code: 'HPE_INVALID_EOF_STATE', rawPacket: bytes });
}

const refusals = new WeakMap<Socket, ServeError>();

/** Why the rest of the requests on a connection cannot be read. */
export function refusalOn(socket: Socket): ServeError | undefined {
  return refusals.get(socket);
}

const HOST_MISSING = new ServeError('invalid_argument', 'A request of HTTP/1.1 needs the header Host.');
const HOST_TWICE = new ServeError('invalid_argument', 'A request has the header Host once.');

/** What RFC 9112, 3.2 refuses; node:http would answer it without telling anybody, or take the first of several. */
export function hostProblem({ headers, rawHeaders, httpVersion }: IncomingMessage): ServeError | undefined {
  if (headers.host === undefined) return httpVersion === '1.1' ? HOST_MISSING : undefined;
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count > 1 ? HOST_TWICE : undefined;
}

/** Answers them, and closes their connections. */
export function answerRefused(server: Server, { connections, errorResponse, interceptor }: RefusalOptions): void {
  server.on('clientError', (error: ClientError, socket: Socket) => {
    const refusal = refusalOf(error);
    const response = connections.get(socket);
    // One that waits behind an earlier answer has no socket yet: a refusal would be taken for a part of that.
    const hasTurn = response === undefined || (response.socket !== null && !response.headersSent);
    const isAnswerable = refusal !== undefined && socket.writable && hasTurn;
    if (isAnswerable) {
      const requestId = response === undefined ? newRequestId() : requestIdOf(response.req);
      const outcome = sendRaw(socket, errorResponse(refusal), requestId);
      // The endpoint of a request that broke off in its body will tell of it.
      if (response === undefined) interceptor.answered(refusedRequest(error, socket, requestId), outcome);
      else refusals.set(socket, refusal);
    }
    socket.destroy(error);
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const { method = '-', url: target = '-' } = request;
    const requestId = requestIdOf(request);
    const refusal = errorResponse(methodNotAllowed([]));
    const isBehind = connections.get(socket) !== undefined;
    const outcome = isBehind ? { status: refusal.status, bytes: 0, ms: 0 } : sendRaw(socket, refusal, requestId);
    interceptor.answered({ requestId, method, target, remoteAddress: socket.remoteAddress }, outcome);
    socket.destroySoon();
  });
}

/** Undefined for a connection that broke. */
function refusalOf({ code = '', message }: ClientError): ServeError | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ServeError('headers_too_large', 'The headers of the request have more than 16 KB.');
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new ServeError('request_too_large', 'The extensions of a chunk have more than 16 KB.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ServeError(
      'request_timeout',
      'The headers of the request did not come in time (request_header_timeout).',
    );
  }
  return code.startsWith('HPE_') ? unreadable({ message }) : undefined;
}

/** What a request ends with that breaks the rules of HTTP. @param error says which */
export function unreadable({ message }: Pick<Error, 'message'>): ServeError {
  return new ServeError('invalid_argument', `The request could not be read: ${message}.`);
}

/** Where there is no response of node:http to send it with. */
function sendRaw(socket: Socket, { status, headers, body }: PlainResponse, requestId: string): CallOutcome {
  const bytes = Buffer.byteLength(body);
  socket.write(
    rawResponse(status, { ...headers, 'x-request-id': requestId, 'content-length': String(bytes) }) + String(body),
  );
  return { status, bytes, ms: 0 };
}

function rawResponse(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}connection: close\r\n\r\n`;
}

const REQUEST_LINE = /^([A-Z]{1,20}) ([^\s]{1,16384}) /;

/** What can be told of its first line; the rest is no request. */
function refusedRequest({ rawPacket }: ClientError, socket: Socket, requestId: string): CallFacts {
  const [, method = '-', target = '-'] = REQUEST_LINE.exec(rawPacket?.toString('latin1', 0, 20_000) ?? '') ?? [];
  return { requestId, method, target, remoteAddress: socket.remoteAddress };
}
