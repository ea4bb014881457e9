/** Gives a connection to node:http, with what was read of it. */
import type { Socket } from 'node:net';

/** The empty line behind a head, with the end of the line before. */
export const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * What was read is put before whatever came meanwhile, so that all of it is read in the order in which it came.
 * @param socket that has not ended, without listeners of those who had it
 */
export function handOver(socket: Socket, bytes: Buffer, giveToNode: (socket: Socket) => void): void {
  socket.pause();
  const end = bytes.indexOf(HEAD_END);
  const headBytes = end < 0 ? bytes.length : end + HEAD_END.length;
  if (headBytes < bytes.length) socket.unshift(bytes.subarray(headBytes));
  if (headBytes > 0) socket.unshift(bytes.subarray(0, headBytes));
  giveToNode(socket);
  // That somebody listens makes node:http read from the stream alone; what the system has would overtake what waits in it else.
  if (socket.readableLength > headBytes) socket.once('data', () => waitForReader(socket));
  socket.resume();
}

/**
 * What comes from the system is given to whoever reads a body while it is parsed, piece by piece; so is this, once the head has
 * been read and its reader listens.
 */
function waitForReader(socket: Socket): void {
  socket.pause();
  process.nextTick(() => process.nextTick(() => socket.resume()));
}
