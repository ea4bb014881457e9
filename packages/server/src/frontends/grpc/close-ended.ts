/** Closes the connections whose HTTP/2 is over, when their clients do not: by half they would stay for ever. */
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { GrpcSession } from './grpc-session.ts';

/** How long a client has for its end. */
const LAST_MS = 2000;

/** A connection that may be over. */
export interface EndedConnection {
  /** What it is on. */
  readonly socket: Socket;
  /** Its HTTP/2. */
  readonly session: Http2Session;
  /** The calls on it. */
  readonly calls: Pick<GrpcSession, 'openCalls'>;
}

/** Those of one server. */
export interface EndedConnections {
  /** Looks after a connection. */
  watch(connection: EndedConnection): void;
  /** Looks no more. */
  stop(): void;
}

/** One for a server, which tells it of every connection. */
export function createEndedConnections(): EndedConnections {
  const connections = new Set<EndedConnection>();
  const ended = new Set<EndedConnection>();
  // A session that was told to close, and has nothing left, waits for its client to read that.
  const isOver = ({ session, calls }: EndedConnection) =>
    session.destroyed || (session.closed && calls.openCalls === 0);
  const look = () => {
    for (const connection of connections) {
      if (!isOver(connection)) continue;
      if (ended.has(connection)) connection.socket.destroy();
      ended.add(connection);
    }
  };
  const timer = setInterval(look, LAST_MS).unref();
  return {
    watch(connection) {
      connections.add(connection);
      connection.socket.once('close', () => {
        connections.delete(connection);
        ended.delete(connection);
      });
    },
    stop: () => clearInterval(timer),
  };
}
