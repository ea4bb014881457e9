/** One gRPC listener. What serves its clients is loaded when the first one comes: it takes some 8 MB of memory. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Logger } from '../core/logger.ts';
import { trackConnections } from './connections.ts';
import type { GrpcServer } from './grpc-server.ts';
import { limitConnections } from './limit-connections.ts';
import { hostAndPort, listen } from './listen.ts';
import type { GrpcListenerName } from './listen-error.ts';
import type { Tls } from './tls/tls.ts';

export interface GrpcListenerOptions {
  readonly name: GrpcListenerName;
  readonly address: { readonly host: string; readonly port: number };
  /** Makes what serves the connections; called when the first one is there, and again after a failure. */
  readonly load: () => Promise<GrpcServer>;
  /** Most connections at a time. */
  readonly maxConnections: number;
  /** For connections that are encrypted. */
  readonly tls?: Tls;
  /** Longest time for agreeing on keys, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
}

export interface GrpcListener {
  /** Where it really listens: `grpc://127.0.0.1:7070`, `grpcs://…` under TLS. */
  readonly address: string;
  /** Takes no more connections, and resolves when all calls are answered, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** @throws ListenError when the address cannot be opened */
export async function startGrpcListener(options: GrpcListenerOptions): Promise<GrpcListener> {
  const { load, logger } = options;
  let loading: Promise<GrpcServer> | undefined;
  const serve = async (socket: Socket) => {
    try {
      const grpc = await (loading ??= load());
      if (!socket.destroyed) grpc.inject(socket);
    } catch (error) {
      loading = undefined;
      logger.error('what serves gRPC could not be loaded', { error });
      socket.destroy();
    }
  };
  const server = createNetServer(options);
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    // Of one that breaks there is nothing to tell.
    socket.on('error', () => {});
    void serve(socket);
  });
  const connections = trackConnections(server);
  limitConnections(server, options.maxConnections, logger);
  const { name, address } = options;
  await listen(server, { name, address, shown: formatAddress(address, options) });
  server.on('error', (error) => logger.error('a listener failed', { error }));
  return {
    address: formatAddress({ ...address, port: (server.address() as AddressInfo).port }, options),
    async close(timeoutMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await loading?.then((grpc) => grpc.close(timeoutMs)).catch(() => {});
      for (const socket of connections.keys()) socket.destroy();
      await closed;
    },
  };
}

function createNetServer({ tls, handshakeTimeoutMs }: GrpcListenerOptions): Server {
  if (tls === undefined) return createServer({ noDelay: true });
  const server = createTlsServer({
    ...tls.serverOptions(),
    // Who speaks something else is told so while keys are agreed on.
    ALPNProtocols: ['h2'],
    handshakeTimeout: handshakeTimeoutMs,
  });
  tls.guard(server);
  return server;
}

function formatAddress(address: GrpcListenerOptions['address'], { tls }: GrpcListenerOptions): string {
  return `${tls === undefined ? 'grpc' : 'grpcs'}://${hostAndPort(address)}`;
}
