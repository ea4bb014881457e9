/** One listener of node:http, and what it answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import { startTimer } from '../core/timer.ts';
import { trackConnections, type Connections } from './connections.ts';
import { createEndpointRunner, type EndpointRunnerOptions } from './endpoint-runner.ts';
import { answerHalfClosed } from './half-closed-clients.ts';
import { ListenError, type ListenerName } from './listen-error.ts';
import { addTargetHost, normalizeTarget, splitTarget } from './plain-request.ts';
import { refusedCall } from './route-errors.ts';
import { answerRefused, hostProblem } from './refused-requests.ts';
import { createRouteTable, type RouteTableOptions } from './route-table.ts';

/** Where to listen: a host and port (0 for any free one), or the path of a Unix socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface HttpServerOptions extends Omit<EndpointRunnerOptions, 'isClosing'>, RouteTableOptions {
  readonly name: ListenerName;
  readonly address: ListenAddress;
  /** Longest time for the headers of a request, in milliseconds. */
  readonly headerTimeoutMs: number;
}

export interface HttpServer {
  /** Where it really listens, as a URL. */
  readonly address: string;
  /**
   * Takes no more connections, answers the requests that it has and those that are on their way, tells clients not to
   * send more on theirs, and resolves when all are closed; after `timeoutMs` it closes those that are left.
   */
  close(timeoutMs: number): Promise<void>;
}

/** Keep-alive connections of load balancers stay open for a minute between requests. */
const KEEP_ALIVE_MS = 75_000;
/** How often the connections are looked at whose headers take too long. */
const CHECK_MS = 1000;

/** @throws ListenError when the address cannot be opened */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const serve = createEndpointRunner({ ...options, isClosing: () => !server.listening });
  const find = createRouteTable(options);
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: options.headerTimeoutMs,
    // Whoever reads a body has a time for it.
    requestTimeout: 0,
    requireHostHeader: false,
    connectionsCheckingInterval: CHECK_MS,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const problem = hostProblem(request);
    if (request.url?.startsWith('/') === false) addTargetHost(request);
    request.url = normalizeTarget(request.url);
    if (problem !== undefined) return serve(request, response, refusedCall(problem, options.errorResponse));
    serve(request, response, find(request.method ?? 'GET', splitTarget(request.url).path));
  };
  server.on('request', onRequest);
  // Whoever reads the body asks for it.
  server.on('checkContinue', onRequest);
  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', onRequest);
  const connections = trackConnections(server);
  answerHalfClosed(server, connections);
  answerRefused(server, { ...options, connections });
  await listen(server, options);
  server.on('error', (error) => options.logger.error('a listener failed', { error }));
  return {
    address: addressOf(server, options.address),
    close: (timeoutMs) => close(server, connections, timeoutMs),
  };
}

function listen(server: Server, { address, name }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(new ListenError(name, formatAddress(address), error));
    server.once('error', onError);
    server.listen(address, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

/** How long a connection may be without a request once the server closes: its next one may be on its way already. */
const LAST_REQUESTS_MS = 100;

function close(server: Server, connections: Connections, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => closeIdle(connections), LAST_REQUESTS_MS);
    const timer = startTimer(() => server.closeAllConnections(), timeoutMs);
    // The close of node:http would end the idle connections at once.
    NetServer.prototype.close.call(server, () => {
      clearInterval(sweep);
      clearTimeout(timer);
      resolve();
    });
  });
}

function closeIdle(connections: Connections): void {
  for (const [socket, response] of connections) if (response === undefined) socket.destroy();
}

function addressOf(server: Server, address: ListenAddress): string {
  if ('path' in address) return formatAddress(address);
  const { port } = server.address() as AddressInfo;
  return formatAddress({ host: address.host, port });
}

function formatAddress(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}
