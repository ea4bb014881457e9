/**
 * Requests that no endpoint gets: those that node:http cannot read, or not in time, of which it tells as errors of their
 * connection, and those that ask for a tunnel.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ServeError } from '../core/errors.ts';
import type { EndpointGroup, PlainResponse } from '../protocols/endpoint.ts';
import type { Connections } from './connections.ts';
import type { AnsweredRequest } from './endpoint-runner.ts';
import { requestIdOf } from './request-id.ts';
import { METHOD_NOT_ALLOWED } from './route-errors.ts';

interface ClientError extends Error {
  readonly code?: string;
  /** What could not be read, and what came with it. */
  readonly rawPacket?: Buffer;
}

export interface RefusalOptions extends Pick<EndpointGroup, 'errorResponse'> {
  readonly connections: Connections;
  /** Told of those that no endpoint answers. */
  readonly onAnswered: (answered: AnsweredRequest) => void;
}

const refusals = new WeakMap<Socket, ServeError>();

/** Why the rest of the requests on a connection cannot be read. */
export function refusalOn(socket: Socket): ServeError | undefined {
  return refusals.get(socket);
}

/** What RFC 9112, 3.2 asks for; node:http would answer it without telling anybody. */
export const HOST_MISSING = new ServeError('invalid_argument', 'A request of HTTP/1.1 needs the header Host.');

/** Whether a request lacks what HTTP/1.1 demands of it, a host. */
export function lacksHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === '1.1';
}

/** Answers them, and closes their connections. */
export function answerRefused(server: Server, { connections, errorResponse, onAnswered }: RefusalOptions): void {
  server.on('clientError', (error: ClientError, socket: Socket) => {
    const refusal = refusalOf(error);
    const response = connections.get(socket);
    const isAnswerable = refusal !== undefined && socket.writable && response?.headersSent !== true;
    if (isAnswerable) {
      const requestId = response === undefined ? randomUUID() : requestIdOf(response.req);
      const facts = { requestId, ...sendRaw(socket, errorResponse(refusal), requestId) };
      // The endpoint of a request that broke off in its body will tell of it.
      if (response === undefined) onAnswered(refusedRequest(error, socket, facts));
      else refusals.set(socket, refusal);
    }
    socket.destroy(error);
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const { method = '-', url: target = '-' } = request;
    const requestId = requestIdOf(request);
    const facts = sendRaw(socket, errorResponse(METHOD_NOT_ALLOWED), requestId);
    onAnswered({ ...facts, requestId, method, target, ms: 0, remoteAddress: socket.remoteAddress });
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
  if (!code.startsWith('HPE_')) return undefined;
  return new ServeError('invalid_argument', `The request could not be read: ${message}.`);
}

/** Where there is no response of node:http to send it with. */
function sendRaw(
  socket: Socket,
  { status, headers, body }: PlainResponse,
  requestId: string,
): Pick<AnsweredRequest, 'status' | 'bytes'> {
  const bytes = Buffer.byteLength(body);
  socket.write(
    rawResponse(status, { ...headers, 'x-request-id': requestId, 'content-length': String(bytes) }) + String(body),
  );
  return { status, bytes };
}

function rawResponse(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}connection: close\r\n\r\n`;
}

const REQUEST_LINE = /^([A-Z]{1,20}) ([^\s]{1,16384}) /;

/** What can be told of its first line; the rest is no request. */
function refusedRequest(
  { rawPacket }: ClientError,
  socket: Socket,
  facts: Pick<AnsweredRequest, 'status' | 'requestId' | 'bytes'>,
): AnsweredRequest {
  const [, method = '-', target = '-'] = REQUEST_LINE.exec(rawPacket?.toString('latin1', 0, 20_000) ?? '') ?? [];
  return { ...facts, method, target, ms: 0, remoteAddress: socket.remoteAddress };
}
