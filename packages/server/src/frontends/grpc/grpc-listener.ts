/** A listener that speaks gRPC alone. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Logger } from '../../core/logger.ts';
import { trackConnections } from '../connections/connections.ts';
import type { GrpcConnections } from './grpc-connections.ts';
import { limitConnections, type ConnectionLimits } from '../connections/limit-connections.ts';
import { hostAndPort, listen, type Listener } from '../connections/listen.ts';
import type { GrpcListenerName } from '../connections/listen-error.ts';
import { tellProtocol } from '../connections/tell-protocol.ts';
import type { Tls } from '../tls/tls.ts';

/** Where it listens, and what is served. */
export interface GrpcListenerOptions extends Omit<ConnectionLimits, 'idleTimeoutMs'> {
  /** For messages. */
  readonly name: GrpcListenerName;
  /** Port 0 is any free one. */
  readonly address: { readonly host: string; readonly port: number };
  /** What serves those who connect. */
  readonly connections: GrpcConnections;
  /** For connections that are encrypted. */
  readonly tls?: Tls;
  /** Told of connections beyond the limit. */
  readonly logger: Logger;
}

/** Its address is `grpc://127.0.0.1:7070`, or `grpcs://…` under TLS. @throws ListenError when the address cannot be opened */
export async function startGrpcListener(options: GrpcListenerOptions): Promise<Listener> {
  const { name, address, connections: grpc, logger } = options;
  const server = createNetServer(options);
  const { connections, add } = trackConnections(server);
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    add(socket);
    tellProtocol(socket, options.headerTimeoutMs, (isHttp2) => (isHttp2 ? grpc.serve(socket) : socket.destroy()));
  });
  limitConnections(server, options.maxConnections, logger);
  await listen(server, { name, address, shown: formatAddress(address, options) });
  server.on('error', (error) => logger.error('a listener failed', { error }));
  return {
    address: formatAddress({ ...address, port: (server.address() as AddressInfo).port }, options),
    async close(timeoutMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await grpc.close(timeoutMs);
      for (const socket of connections.keys()) socket.destroy();
      await closed;
    },
  };
}

function createNetServer({ tls, headerTimeoutMs }: GrpcListenerOptions): Server {
  if (tls === undefined) return createServer({ noDelay: true });
  const server = createTlsServer({
    ...tls.serverOptions(),
    // Who speaks something else is told so while keys are agreed on.
    ALPNProtocols: ['h2'],
    handshakeTimeout: headerTimeoutMs,
  });
  tls.guard(server);
  return server;
}

function formatAddress(address: GrpcListenerOptions['address'], { tls }: GrpcListenerOptions): string {
  return `${tls === undefined ? 'grpc' : 'grpcs'}://${hostAndPort(address)}`;
}
