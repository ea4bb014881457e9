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

const BLOCK_BYTES = 10_000;
const LINE_END = Buffer.from('\r\n');

/** A body in chunks of one size, and its end, as they are to be written: several chunks together. */
export function* inChunks(body: Buffer, chunkBytes: number): Iterable<Buffer> {
  const step = Math.max(chunkBytes, BLOCK_BYTES - (BLOCK_BYTES % chunkBytes));
  for (let start = 0; start < body.length; start += step) {
    yield framed(body.subarray(start, Math.min(start + step, body.length)), chunkBytes);
  }
  yield Buffer.from('0\r\n\r\n');
}

function framed(block: Buffer, chunkBytes: number): Buffer {
  const heads = [chunkBytes, block.length % chunkBytes].map((size) => Buffer.from(`${size.toString(16)}\r\n`));
  const [head, lastHead] = heads as [Buffer, Buffer];
  const target = Buffer.alloc(block.length + Math.ceil(block.length / chunkBytes) * (head.length + LINE_END.length));
  let position = 0;
  for (let at = 0; at < block.length; at += chunkBytes) {
    const end = Math.min(at + chunkBytes, block.length);
    position += (end - at === chunkBytes ? head : lastHead).copy(target, position);
    position += block.copy(target, position, at, end);
    position += LINE_END.copy(target, position);
  }
  return target.subarray(0, position);
}
