/** A connection on which bytes are written as they are: what no well-behaved client sends. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connects to an address such as `http://127.0.0.1:8080`; neither end closes it because the other one did. */
export async function openConnection(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await once(socket, 'connect');
  // Who waits for something is told by its end.
  socket.on('error', () => {});
  return socket;
}

/** Writes as fast as the other end reads; ends early when it closes the connection. */
export async function writeAll(socket: Socket, pieces: Iterable<Uint8Array | string>): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (socket.write(piece)) continue;
    const over = new AbortController();
    const { signal } = over;
    await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).finally(() =>
      over.abort(),
    );
  }
}

/** Everything that comes until the other end closes its side, or nothing more comes that was asked for. */
export function readUntil(socket: Socket, isComplete: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const finish = () => resolve(Buffer.concat(chunks).toString('latin1'));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (isComplete(Buffer.concat(chunks).toString('latin1'))) finish();
    });
    socket.once('end', finish).once('close', finish);
  });
}
