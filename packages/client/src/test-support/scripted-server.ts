/** A server that answers as it is told, on a port of its own. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** What was asked, as `POST /path`. */
  readonly requests: string[];
  /** Headers of the last request. */
  headers(): IncomingMessage['headers'];
  close(): Promise<void>;
}

export type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void;

export async function startServer(answer: Answer, { port = 0, tls }: { port?: number; tls?: ServerOptions } = {}) {
  const requests: string[] = [];
  let headers: IncomingMessage['headers'] = {};
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    ({ headers } = request);
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => answer(response, request, body));
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const started: ScriptedServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    headers: () => headers,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return started;
}

/** Answers with JSON. */
export const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
