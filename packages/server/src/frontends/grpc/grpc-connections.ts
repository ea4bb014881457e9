/** The connections of gRPC clients at one address. What serves them is loaded when the first one comes: it takes some 8 MB of memory. */
import type { Socket } from 'node:net';
import type { Logger } from '../../core/logger.ts';
import type { GrpcServer } from './grpc-server.ts';

/** How they are served. */
export interface GrpcConnectionsOptions {
  /** Makes what serves the connections; called when the first one is there, and again after a failure. */
  readonly load: () => Promise<GrpcServer>;
  /** Told when what serves them cannot be loaded. */
  readonly logger: Logger;
}

/** The gRPC clients of one address. */
export interface GrpcConnections {
  /** Serves a connection, on which HTTP/2 is spoken, to its end. */
  serve(socket: Socket): void;
  /** Resolves when all calls are answered, or after `timeoutMs`; the connections are closed then. */
  close(timeoutMs: number): Promise<void>;
}

/** Loads nothing before the first connection. */
export function createGrpcConnections({ load, logger }: GrpcConnectionsOptions): GrpcConnections {
  const sockets = new Set<Socket>();
  let loading: Promise<GrpcServer> | undefined;
  const inject = async (socket: Socket) => {
    try {
      const grpc = await (loading ??= load());
      if (!socket.destroyed) grpc.inject(socket);
    } catch (error) {
      loading = undefined;
      logger.error('what serves gRPC could not be loaded', { error });
      socket.destroy();
    }
  };
  return {
    serve(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // Of one that breaks there is nothing to tell.
      socket.on('error', () => {});
      // HTTP/2 knows no half of a connection.
      socket.allowHalfOpen = false;
      void inject(socket);
    },
    async close(timeoutMs) {
      await loading?.then((grpc) => grpc.close(timeoutMs)).catch(() => {});
      for (const socket of sockets) socket.destroy();
    },
  };
}
