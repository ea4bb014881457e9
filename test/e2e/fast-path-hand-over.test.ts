/** Connections that are given to node:http while more comes on them: nothing is lost, nothing changes places. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority, type Authority } from '../../packages/server/src/test-support/certificates.ts';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readUntil } from '../helpers/raw-connection.ts';

const head = (model: string, more: string) =>
  `POST /predictions/${model} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n${more}`;
const post = (body: string, more = '', model = 'echo') =>
  `${head(model, more)}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunked = (body: string) =>
  `${head('echo', 'Transfer-Encoding: chunked\r\n')}\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const last = (body: string) => post(body, 'Connection: close\r\n');

/** A text each of whose places is another. */
const counted = (bytes: number) =>
  Array.from({ length: bytes / 8 }, (_, at) => `${String(at).padStart(7, '0')};`).join('');

/** The bodies of the answers, until the daemon ends the connection. */
async function bodiesFrom(socket: Socket): Promise<string[]> {
  const answers = (await readUntil(socket)).split(/HTTP\/1\.1 \d+ [\w ]+\r\n/).slice(1);
  return answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4)).filter((body) => body !== '');
}

/** What tells them apart without showing megabytes. */
const digests = (bodies: readonly string[]) =>
  bodies.map((body) => `${body.length} ${body.slice(0, 20)} ${createHash('sha1').update(body).digest('hex')}`);

let authority: Authority;
const daemons: Daemon[] = [];
beforeAll(async () => {
  authority = await createAuthority();
});
afterAll(() => Promise.all([authority.close(), ...daemons.map((daemon) => daemon.close())]));

async function start(transport: string): Promise<Daemon> {
  const { key, cert } = await authority.issue('server');
  const tls = { inference_address: 'https://127.0.0.1:0', private_key_file: key, certificate_file: cert };
  const unix = { inference_address: `unix:${path.join(authority.folder, 'inference.sock')}` };
  const sources = { echo: ECHO, gate: GATE };
  const daemon = await startDaemon({
    config: { ...(transport === 'https' && tls), ...(transport === 'a Unix socket' && unix) },
    async fill(store) {
      for (const [name, source] of Object.entries(sources)) await addArchive(store, { name, source });
    },
  });
  daemons.push(daemon);
  await registerModels(daemon, Object.keys(sources));
  return daemon;
}

async function open({ inference }: Daemon): Promise<Socket> {
  const [isTls, isUnix] = [inference.startsWith('https:'), inference.startsWith('unix:')];
  const { hostname, port } = new URL(inference);
  const at = isUnix ? { path: inference.slice('unix:'.length) } : { host: hostname, port: Number(port) };
  const options = { ...at, allowHalfOpen: true };
  const socket = isTls ? connectTls({ ...options, ca: readFileSync(authority.own.cert) }) : connect(options);
  await once(socket, isTls ? 'secureConnect' : 'connect');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

const write = (socket: Socket, text: string) => new Promise((resolve) => socket.write(text, resolve));

describe.each(['http', 'a Unix socket', 'https'])('over %s', (transport) => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = await start(transport);
  });

  let requests = 0;

  /** Sends a request that waits, and more while it does; then it is let go. */
  async function sendBehind(socket: Socket, pieces: readonly string[], more: readonly 'end'[] = []): Promise<void> {
    const file = path.join(daemon.root, `open-${(requests += 1)}`);
    socket.write(post(`wait ${file} ${file}-ran`, '', 'gate'));
    await expect.poll(() => existsSync(`${file}-ran`)).toBe(true);
    for (const piece of pieces) {
      const written = write(socket, piece);
      // Nobody reads much of it before its turn.
      if (!socket.writableNeedDrain) await written;
    }
    if (more.includes('end')) socket.end();
    await writeFile(file, '');
  }

  async function askBehind(pieces: readonly string[], more: readonly 'end'[] = []): Promise<string[]> {
    const socket = await open(daemon);
    const bodies = bodiesFrom(socket);
    await sendBehind(socket, pieces, more);
    return (await bodies).slice(1);
  }

  it.each([20_000, 40_000, 70_000, 100_000, 300_000, 3_000_000])('reads %d bytes in their order', async (bytes) => {
    const body = counted(bytes);
    for (const [sent, bodies] of [
      [last(body), [body]],
      [post(body) + last('last'), [body, 'last']],
      [chunked(body) + post(body) + last('last'), [body, body, 'last']],
    ] as const) {
      const socket = await open(daemon);
      socket.write(sent);
      expect(digests(await bodiesFrom(socket))).toEqual(digests(bodies));
    }
  });

  it.each([20_000, 40_000, 100_000, 1_000_000])(
    'reads %d bytes in their order that come before the answer to those before',
    async (bytes) => {
      const body = counted(bytes);
      const text = post(body) + last('last');
      expect(digests(await askBehind([post(body), last('last')]))).toEqual(digests([body, 'last']));
      expect(digests(await askBehind([post(body) + chunked(body), last('last')]))).toEqual(
        digests([body, body, 'last']),
      );
      for (const cut of [1, 60, 15_000]) {
        const pieces = [text.slice(0, cut), text.slice(cut, 17_000), text.slice(17_000)];
        expect(digests(await askBehind(pieces))).toEqual(digests([body, 'last']));
      }
    },
  );

  it('reads on when it has answered a large request that came early', async () => {
    const [socket, body] = [await open(daemon), counted(30_000)];
    const answers = readUntil(socket, (text) => text.endsWith(body.slice(-20)));
    await sendBehind(socket, [post(body)]);
    await answers;
    socket.write(last('last'));
    expect(digests(await bodiesFrom(socket))).toEqual(digests(['last']));
  });

  // A client that ends its side under TLS has left, for Node.
  if (transport === 'https') return;
  it.each([
    ['in chunks', [chunked('asked')]],
    ['said to be the last', [last('asked')]],
    ['plain', [post('asked')]],
    ['after others', [chunked('one'), post('two') + post('asked')]],
    ['large', [post(counted(200_000)), last('asked')]],
  ])('answers a request that came early, though its client ended its side: %s', async (_, pieces) => {
    const bodies = await askBehind(pieces, ['end']);
    expect(bodies.at(-1)).toBe('asked');
  });
});
