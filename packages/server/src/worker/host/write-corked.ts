/** Writes to a socket so that what is sent in one turn of the event loop leaves in one system call. */
import type { Socket } from 'node:net';

/** Does nothing for a socket that is closed. */
export function writeCorked(socket: Socket, chunks: readonly Uint8Array[]): void {
  if (!socket.writable) return;
  if (socket.writableCorked === 0) {
    socket.cork();
    setImmediate(() => socket.uncork());
  }
  for (const chunk of chunks) socket.write(chunk);
}
