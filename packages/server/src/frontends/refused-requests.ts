/** Requests that node:http cannot read, or not in time: it tells of them as errors of their connection. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ServeError } from '../core/errors.ts';
import type { EndpointGroup } from '../protocols/endpoint.ts';
import type { Connections } from './connections.ts';
import type { AnsweredRequest } from './endpoint-runner.ts';
import { requestIdOf } from './request-id.ts';

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

/** Answers them, and closes their connections. */
export function answerRefused(server: Server, { connections, errorResponse, onAnswered }: RefusalOptions): void {
  server.on('clientError', (error: ClientError, socket: Socket) => {
    const refusal = refusalOf(error);
    const response = connections.get(socket);
    const isAnswerable = refusal !== undefined && socket.writable && response?.headersSent !== true;
    if (isAnswerable) {
      const { status, headers, body } = errorResponse(refusal);
      const requestId = response === undefined ? randomUUID() : requestIdOf(response.req);
      socket.write(
        rawResponse(status, { ...headers, 'x-request-id': requestId, 'content-length': `${Buffer.byteLength(body)}` }) +
          String(body),
      );
      // The endpoint of a request that broke off in its body will tell of it.
      if (response === undefined) onAnswered(refusedRequest(error, socket, { status, requestId, bytes: body.length }));
      else refusals.set(socket, refusal);
    }
    socket.destroy(error);
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
