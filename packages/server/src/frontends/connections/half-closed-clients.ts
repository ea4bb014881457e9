/**
 * A client that ends its side of the connection behind its request gets its answer. One that has left sends the very same;
 * it is found out by an interim response, which its system refuses.
 */
import type { Server, Socket } from 'node:net';
import { startTimer } from '../../core/timer.ts';
import type { Connections } from './connections.ts';

/** Most answers are there before the first probe; each is twice as long after the one before. */
const FIRST_PROBE_MS = 50;

/** To be called once for a server, before it listens. */
export function allowHalfClosed(server: Server): void {
  // Node has it for this, but not in its documentation or its types.
  Object.assign(server, { httpAllowHalfOpen: true });
}

/** To be called once for a connection, before node:http is given it. */
export function watchHalfClosed(socket: Socket, connections: Connections): void {
  socket.once('end', () => {
    const response = connections.get(socket);
    // HTTP/1.0 knows no interim responses.
    if (response?.req.httpVersion !== '1.1') return;
    probeHalfClosed({
      isAnswered: () => response.headersSent || response.destroyed,
      writeProcessing: () => response.writeProcessing(),
    });
  });
}

/** A client that waits for its answer, or has left. */
export interface HalfClosedClient {
  /** Whether there is no more to find out. */
  isAnswered(): boolean;
  /** Writes an interim response. */
  writeProcessing(): void;
}

/** The first write to a client that has left is refused, and the second fails for that: the connection is closed then. */
export function probeHalfClosed(client: HalfClosedClient, delayMs = FIRST_PROBE_MS): void {
  const timer = startTimer(() => {
    if (client.isAnswered()) return;
    client.writeProcessing();
    probeHalfClosed(client, 2 * delayMs);
  }, delayMs);
  timer.unref();
}
