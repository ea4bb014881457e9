/** Reads what the system has of a connection, between two reads of Node's. */
import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Node has it, but not in its documentation or its types; below 0 where the system has no such thing. */
interface WithDescriptor {
  readonly _handle?: { readonly fd?: number } | null;
}

/**
 * Node would read it piece by piece into memory of its own, which is garbage after the copy: for a body of 600 KB that took a
 * third of the daemon's time. To be called when all that Node has read was given away.
 * @returns how many bytes are at the beginning of the room now; 0 for none, and where it cannot be done
 */
export function readNow(socket: Socket, room: Buffer): number {
  const fd = (socket as WithDescriptor)._handle?.fd ?? -1;
  if (fd < 0 || socket.readableLength > 0 || socket instanceof TLSSocket) return 0;
  try {
    return readSync(fd, room, 0, room.length, null);
  } catch {
    // There is nothing now; if the connection is broken, Node finds that out.
    return 0;
  }
}
