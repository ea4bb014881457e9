/** Large bodies that are not there yet when their requests are looked at: those of plain requests, and those that node:http reads. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { openConnection, readUntil, writeAll } from '../helpers/raw-connection.ts';

const MEMORY_BYTES = 6_000_000;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { request_body_timeout: 2, max_inflight_bytes: MEMORY_BYTES, max_request_size: MEMORY_BYTES },
    fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
  });
  await registerModels(daemon, ['echo']);
});

afterAll(() => daemon.close());

async function open(): Promise<Socket> {
  const socket = await openConnection(daemon.inference);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** A text each of whose places is another. */
const counted = (bytes: number) =>
  Array.from({ length: bytes / 8 }, (_, at) => `${String(at).padStart(7, '0')};`).join('');

/** The bodies of answers of which so many bytes are bodies, in the order in which they come. */
function bodiesOf(socket: Socket, lengths: readonly number[]): Promise<string[]> {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = () => resolve(cut(Buffer.concat(chunks).toString('latin1'), lengths));
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      // Looked at when it may be all, or an error.
      const mayBeAll = bytes < 2000 || bytes > total;
      if (!mayBeAll || cut(Buffer.concat(chunks).toString('latin1'), lengths).length < lengths.length) return;
      socket.off('data', onData);
      finish();
    };
    socket.on('data', onData).once('close', finish);
  });
}

/** Those that are there; one that is no answer to the request is there with its status. */
function cut(text: string, lengths: readonly number[]): string[] {
  const bodies: string[] = [];
  let rest = text;
  for (const length of lengths) {
    if (!rest.startsWith('HTTP/1.1 200 ')) return [...bodies, rest.slice(0, 200)];
    const start = rest.indexOf('\r\n\r\n') + 4;
    if (start < 4 || rest.length < start + length) break;
    bodies.push(rest.slice(start, start + length));
    rest = rest.slice(start + length);
  }
  return bodies;
}

/** What tells them apart without showing megabytes. */
const digests = (bodies: readonly string[]) =>
  bodies.map((body) => `${body.length} ${body.slice(0, 200)} ${createHash('sha1').update(body).digest('hex')}`);

describe.each([
  ['plain', ''],
  ['read by node:http', 'TE: trailers\r\n'],
])('a body whose request is %s', (_, more) => {
  const head = (bytes: number, model = 'echo') =>
    `POST /predictions/${model} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n${more}Content-Length: ${bytes}\r\n\r\n`;

  it.each([
    [100, 20_000],
    [1500, 140_000],
    [70_001, 1_000_000],
    [300_000, 1_000_000],
  ])('comes in pieces of %i bytes, with the next request at its end', async (pieceBytes, bytes) => {
    const [socket, body] = [await open(), counted(bytes)];
    const answers = bodiesOf(socket, [bytes, 4, bytes]);
    const text = `${head(bytes)}${body}${head(4)}next${head(bytes)}${body}`;
    for (let at = 0; at < text.length; at += pieceBytes) {
      const written = writeAll(socket, [text.slice(at, at + pieceBytes)]);
      // Now and then all that was written is read before the next piece comes.
      if ((at / pieceBytes) % 97 === 0) await new Promise((resolve) => setImmediate(resolve));
      await written;
    }
    expect(digests(await answers)).toEqual(digests([body, 'next', body]));
  });

  it('is refused before it is there, and the connection serves the next request behind it', async () => {
    const [socket, body] = [await open(), counted(1_000_000)];
    const refusal = readUntil(socket, (text) => text.endsWith('}\n'));
    await writeAll(socket, [head(body.length, 'nobody'), body.slice(0, 100_000)]);
    expect(await refusal).toMatch(/^HTTP\/1\.1 404 /);
    const answer = readUntil(socket, (text) => text.endsWith('next'));
    await writeAll(socket, [body.slice(100_000), head(4), 'next']);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is refused when it is not there in time, and the connection serves the next request behind it', async () => {
    const [socket, body] = [await open(), counted(400_000)];
    const refusal = readUntil(socket, (text) => text.endsWith('}\n'));
    await writeAll(socket, [head(body.length), body.slice(0, 150_000)]);
    expect(await refusal).toMatch(/^HTTP\/1\.1 408 [^]*request_body_timeout/);
    const answer = readUntil(socket, (text) => text.endsWith('next'));
    await writeAll(socket, [body.slice(150_000), head(4), 'next']);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is refused when its client ends its side in its midst', async () => {
    const socket = await open();
    const answer = readUntil(socket);
    socket.end(head(400_000) + counted(200_000));
    expect(await answer).toMatch(/^HTTP\/1\.1 400 [^]*could not be read/);
  });

  it('has its memory given back when its client leaves', async () => {
    const body = counted(1_000_000);
    const leaving = await Promise.all([1, 2, 3].map(() => open()));
    for (const [index, socket] of leaving.entries()) {
      await writeAll(socket, [head(body.length), body.slice(0, [10, 70_000, 900_000][index])]);
      // It is known by now.
      await writeAll(socket, ['']);
      socket.resetAndDestroy();
    }
    const [socket, all] = [await open(), counted(MEMORY_BYTES)];
    const [answer] = await Promise.all([bodiesOf(socket, [all.length]), writeAll(socket, [head(all.length), all])]);
    expect(digests(answer)).toEqual(digests([all]));
  });

  it('waits until there is memory for it', async () => {
    const [first, second] = [await open(), await open()];
    const body = counted(1_000_000);
    const large = counted(5_000_000);
    const answer = bodiesOf(first, [body.length]);
    await writeAll(first, [head(body.length), body.slice(0, 500_000)]);
    const other = bodiesOf(second, [large.length]);
    const written = writeAll(second, [head(large.length), large]);
    await writeAll(first, [body.slice(500_000)]);
    expect(digests(await answer)).toEqual(digests([body]));
    await written;
    expect(digests(await other)).toEqual(digests([large]));
  });
});
