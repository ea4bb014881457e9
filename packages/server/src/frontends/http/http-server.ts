/** One listener of node:http, and what it answers. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { Server, type AddressInfo } from 'node:net';
import { startTimer } from '../../core/timer.ts';
import type { CorsOptions } from '../../interceptors/cors.ts';
import { trackConnections, type Connections, type ConnectionTable } from '../connections/connections.ts';
import { createEndpointRunner, type EndpointRunner } from './endpoint-runner.ts';
import { allowHalfClosed, watchHalfClosed } from '../connections/half-closed-clients.ts';
import type { GrpcConnections } from '../grpc/grpc-connections.ts';
import { limitConnections, type ConnectionLimits } from '../connections/limit-connections.ts';
import { hostAndPort, listen, type Listener } from '../connections/listen.ts';
import type { ListenerName } from '../connections/listen-error.ts';
import { addTargetHost, normalizeTarget, splitTarget } from './plain-request.ts';
import { createPreflight } from './preflight.ts';
import { refusedCall } from '../routes/route-errors.ts';
import { endsWithAnswer } from '../bodies/read-turns.ts';
import { answerRefused, brokenOff, hostProblem } from './refused-requests.ts';
import { createRouteTable, type RouteTable, type RouteTableOptions } from '../routes/route-table.ts';
import { takeConnections } from '../connections/take-connections.ts';
import { tellProtocol } from '../connections/tell-protocol.ts';
import { createRequestRunner, type RequestOptions, type RequestRunner } from './run-request.ts';
import { FastPath } from '../fast-path/fast-path.ts';
import { HeldMemory } from '../memory/held-memory.ts';
import { PlainAnswers } from '../answers/plain-answer.ts';
import type { Tls } from '../tls/tls.ts';

/** Where to listen: a host and port (0 for any free one), or the path of a Unix socket. */
export type ListenAddress =
  { readonly host: string; readonly port: number; readonly isTls?: true } | { readonly path: string };

/** Where it listens, and what it answers. */
export interface HttpServerOptions extends Omit<RequestOptions, 'isClosing'>, RouteTableOptions, ConnectionLimits {
  /** For messages. */
  readonly name: ListenerName;
  /** Where it listens. */
  readonly address: ListenAddress;
  /** What pages of other origins are allowed. */
  readonly cors: CorsOptions;
  /** Whether answers are compressed as `Accept-Encoding` asks; else it is as if nobody asked. */
  readonly isCompressing: boolean;
  /** For an address that needs it. */
  readonly tls?: Tls;
  /** What serves gRPC at the same address. */
  readonly grpc?: GrpcConnections;
}

/** How often the connections are looked at whose headers take too long. */
const CHECK_MS = 1000;

/** What is offered under TLS where gRPC is served, too. Clients that speak both, as browsers and curl, are answered by REST. */
const SHARED_PROTOCOLS = ['http/1.1', 'h2'];

/** @throws ListenError when the address cannot be opened */
export async function startHttpServer(options: HttpServerOptions): Promise<Listener> {
  const server = createServer(options);
  const isClosing = () => !server.listening;
  const running = { ...options, isClosing };
  const runner = createEndpointRunner(running);
  const routes = createRouteTable(options);
  const table = trackConnections(server);
  const { connections } = table;
  serveNode(server, createRequestRunner(runner, running), { ...options, routes });
  const fastPath = serveFast(server, { ...options, runner, routes, table });
  limitConnections(server, options.maxConnections, options.logger);
  allowHalfClosed(server);
  answerRefused(server, { ...options, connections });
  const { name, address, grpc } = options;
  await listen(server, { name, address, shown: formatAddress(address) });
  server.on('error', (error) => options.logger.error('a listener failed', { error }));
  return {
    address: addressOf(server, options.address),
    async close(timeoutMs) {
      await Promise.all([close(server, { connections, fastPath }, timeoutMs), grpc?.close(timeoutMs)]);
    },
  };
}

/** Requests that node:http reads. */
function serveNode(server: Server, serve: RequestRunner, options: HttpServerOptions & { routes: RouteTable }): void {
  const { routes } = options;
  const preflight = createPreflight(options.cors, routes);
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (endsWithAnswer(request.socket)) return;
    const problem = hostProblem(request);
    if (request.url?.startsWith('/') === false) addTargetHost(request);
    request.url = normalizeTarget(request.url);
    if (problem !== undefined) return serve(request, response, refusedCall(problem, options.errorResponse));
    if (!options.isCompressing) delete request.headers['accept-encoding'];
    const { path } = splitTarget(request.url);
    serve(request, response, preflight(request, path) ?? routes.find(request.method ?? 'GET', path));
  };
  server.on('request', onRequest);
  // Whoever reads the body asks for it.
  server.on('checkContinue', onRequest);
  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', onRequest);
}

interface FastServing extends HttpServerOptions {
  readonly runner: EndpointRunner;
  readonly routes: RouteTable;
  readonly table: ConnectionTable;
}

/** New connections: those of HTTP/2 go to gRPC, all others are on the fast path first. */
function serveFast(server: Server, options: FastServing): FastPath {
  const { budget, table, grpc, idleTimeoutMs, runner } = options;
  const fastPath = new FastPath({
    ...options,
    held: new HeldMemory(budget),
    plainAnswers: new PlainAnswers(runner.headers, idleTimeoutMs),
    giveToNode(socket) {
      table.add(socket);
      watchHalfClosed(socket, table.connections);
      giveToNode(socket);
    },
    refuse: (socket, bytes) => server.emit('clientError', brokenOff(bytes), socket),
  });
  const giveToNode = takeConnections(server, (socket) => {
    if (grpc === undefined) return fastPath.serve(socket);
    table.add(socket);
    tellProtocol(socket, options.headerTimeoutMs, (isHttp2) => {
      table.connections.delete(socket);
      if (isHttp2) grpc.serve(socket);
      else fastPath.serve(socket);
    });
  });
  return fastPath;
}

function createServer({ address, tls, grpc, ...options }: HttpServerOptions): Server {
  const limits = {
    keepAliveTimeout: options.idleTimeoutMs,
    headersTimeout: options.headerTimeoutMs,
    // Whoever reads a body has a time for it.
    requestTimeout: 0,
    requireHostHeader: false,
    connectionsCheckingInterval: CHECK_MS,
  };
  if (!('isTls' in address)) return createHttpServer(limits);
  if (tls === undefined) throw new Error('an address of https without a certificate');
  const server = createHttpsServer({
    ...tls.serverOptions(),
    ...limits,
    ...(grpc !== undefined && { ALPNProtocols: SHARED_PROTOCOLS }),
    handshakeTimeout: options.headerTimeoutMs,
  });
  tls.guard(server);
  return server;
}

/** How long a connection may be without a request once the server closes: its next one may be on its way already. */
const LAST_REQUESTS_MS = 100;

function close(server: Server, { connections, fastPath }: ServedConnections, timeoutMs: number): Promise<void> {
  const closeIdle = () => {
    fastPath.closeIdle();
    for (const [socket, response] of connections) if (response === undefined) socket.destroy();
  };
  const closeAll = () => {
    fastPath.closeAll();
    for (const socket of connections.keys()) socket.destroy();
  };
  return new Promise((resolve) => {
    const sweep = setInterval(closeIdle, LAST_REQUESTS_MS);
    const timer = startTimer(closeAll, timeoutMs);
    // The close of node:http would end the idle connections at once.
    Server.prototype.close.call(server, () => {
      clearInterval(sweep);
      clearTimeout(timer);
      fastPath.stop();
      resolve();
    });
  });
}

interface ServedConnections {
  readonly connections: Connections;
  readonly fastPath: FastPath;
}

function addressOf(server: Server, address: ListenAddress): string {
  if ('path' in address) return formatAddress(address);
  const { port } = server.address() as AddressInfo;
  return formatAddress({ ...address, port });
}

function formatAddress(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  return `${address.isTls === true ? 'https' : 'http'}://${hostAndPort(address)}`;
}
