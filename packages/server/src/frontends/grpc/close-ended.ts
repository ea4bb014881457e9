/** Closes the connections whose HTTP/2 is over, when their clients do not: by half they would stay for ever. */
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { OpenStreams } from './count-streams.ts';

/** How long a client has for its end. */
const LAST_MS = 2000;

/** Those of one server. */
export interface EndedConnections {
  /** Looks after a connection. */
  watch(socket: Socket, session: Http2Session): void;
  /** Looks no more. */
  stop(): void;
}

/** One for a server, which tells it of every connection. */
export function createEndedConnections(openStreams: OpenStreams): EndedConnections {
  const sessions = new Map<Socket, Http2Session>();
  const ended = new Set<Socket>();
  // A session that was told to close, and has nothing left, waits for its client to read that.
  const isOver = (session: Http2Session) => session.destroyed || (session.closed && openStreams(session) === 0);
  const look = () => {
    for (const [socket, session] of sessions) {
      if (!isOver(session)) continue;
      if (ended.has(socket)) socket.destroy();
      ended.add(socket);
    }
  };
  const timer = setInterval(look, LAST_MS).unref();
  return {
    watch(socket, session) {
      sessions.set(socket, session);
      socket.once('close', () => {
        sessions.delete(socket);
        ended.delete(socket);
      });
    },
    stop: () => clearInterval(timer),
  };
}
