/** Clients that end their side early, send what is no request, or go on sending what was refused. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import { sendJson } from '../helpers/http.ts';
import { openConnection, readUntil, writeAll } from '../helpers/raw-connection.ts';

/** Gives a part at once, and no other as long as its client is there. */
const PARTS = `
  export const handle = (rows, context) => rows?.map(async function* (_, row) {
    yield 'the first part';
    const signal = context.getSignal(row);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
`;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { request_header_timeout: 2, request_body_timeout: 2, max_request_size: 1_000_000 },
    async fill(store) {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'gate', source: GATE });
      await addArchive(store, { name: 'parts', source: PARTS });
    },
  });
  await registerModels(daemon, ['echo', 'gate', 'parts']);
});

afterAll(() => daemon.close());

/** Everything that comes back until the daemon closes the connection. */
async function exchange(pieces: readonly string[], { halfClose = false } = {}): Promise<string> {
  const socket = await openConnection(daemon.inference);
  const answer = readUntil(socket);
  await writeAll(socket, pieces);
  if (halfClose) socket.end();
  const text = await answer;
  socket.destroy();
  return text;
}

const postJson = (path: string, body: string, headers = '') =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

let files = 0;
const newFile = () => path.join(daemon.root, `file-${(files += 1)}`);
/** A request that ends when there is the file. */
const waitingFor = (file: string) => postJson('/predictions/gate', JSON.stringify(`wait ${file}`));

/** Sends a request and ends its side; what comes back, and when an interim response is among it. */
async function askHalfClosed(request: string) {
  const socket = await openConnection(daemon.inference);
  onTestFinished(() => void socket.destroy());
  const isProbed = readUntil(socket, (text) => text.includes('102 Processing'));
  const answer = readUntil(socket);
  socket.end(request);
  return { answer, isProbed };
}

describe('a client that ends its side of the connection behind its request', () => {
  it('gets its answer', async () => {
    const text = await exchange([postJson('/predictions/echo', '[1]')], { halfClose: true });
    // On a busy machine the answer may take longer than the first look whether the client is there.
    expect(text).toMatch(/^(HTTP\/1\.1 102 Processing\r\n\r\n)*HTTP\/1\.1 200 [^]*\[1\]$/);
  });

  it('gets it late, behind interim responses', async () => {
    const file = newFile();
    const { answer, isProbed } = await askHalfClosed(waitingFor(file));
    await isProbed;
    await writeFile(file, '');
    expect(await answer).toMatch(/^(HTTP\/1\.1 102 Processing\r\n\r\n)+HTTP\/1\.1 200 [^]*wait \S+$/);
  });

  it('gets the answers to all its requests', async () => {
    const text = await exchange(
      [1, 2, 3].map((value) => postJson('/predictions/echo', `[${value}]`)),
      { halfClose: true },
    );
    expect([...text.matchAll(/\r\n\r\n(\[\d\])/g)].map(([, body]) => body)).toEqual(['[1]', '[2]', '[3]']);
  });

  it('gets it in HTTP/1.0, without interim responses', async () => {
    const file = newFile();
    const { answer } = await askHalfClosed(waitingFor(file).replace('HTTP/1.1', 'HTTP/1.0'));
    // Its turn would have come before that of a client that came later.
    await (
      await askHalfClosed(waitingFor(file))
    ).isProbed;
    await writeFile(file, '');
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*wait \S+$/);
  });

  it('is told when its body is not whole', async () => {
    const request = postJson('/predictions/echo', '[1, 2, 3]').slice(0, -3);
    expect(await exchange([request], { halfClose: true })).toMatch(/^HTTP\/1\.1 400 [^]*could not be read/);
  });
});

it('a client that left is found out, and its request never reaches the handler', async () => {
  const ran = newFile();
  const { answer, letGo } = await holdUp(daemon, 'gate', 'wait');
  const socket = await openConnection(daemon.inference);
  const request = postJson('/predictions/gate', JSON.stringify(`quick - ${ran}`));
  socket.write(request.replace('Host:', 'X-Request-Id: left\r\nHost:'));
  await expect.poll(() => queueLength(daemon, 'gate')).toBe(1);
  socket.destroy();
  // The queue may be empty because it travels ahead to the worker; it is over when it is logged.
  await daemon.line('"left"');
  await letGo();
  expect((await answer).status).toBe(200);
  expect((await sendJson(`${daemon.inference}/predictions/gate`, '"the next"')).text).toBe('the next');
  expect(existsSync(ran)).toBe(false);
});

describe('what is no request', () => {
  const chunked = 'POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n';
  it.each([
    ['a method that is none', 400, 'BREW /coffee HTTP/1.1\r\n\r\n'],
    ['a target with spaces', 400, 'GET /a b c HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [
      'two lengths',
      400,
      'POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
    ['a length beside chunks', 400, `${chunked}Content-Length: 3\r\n\r\n0\r\n\r\n`],
    ['a chunk that is none', 400, `${chunked}\r\nzz\r\n`],
    ['headers of 20 KB', 431, `GET /ping HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['headers that do not end', 408, 'GET /ping HTTP/1.1\r\nX: never ends'],
    ['nothing at all', 408, ''],
    ['a request without a host', 400, 'GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['a rare request without a host', 400, 'GET /models HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['a request for a tunnel', 405, 'CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n'],
    ['a body that does not end', 408, postJson('/predictions/echo', '[1, 2, 3]').slice(0, -1)],
  ])('such as %s, is answered with %i in JSON, and in the access log', async (_, status, request) => {
    const text = await exchange([request]);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(body)).toMatchObject({ code: status });
    const id = /x-request-id: (\S+)/.exec(head)?.[1] ?? 'none';
    expect(await daemon.line(id)).toContain(`"status":${status}`);
  });
});

it.each([
  ['together', [3]],
  ['each when the answer to the first has begun', [1, 1, 1]],
])(
  'runs nothing for a client that left with requests behind the one that was being answered, sent %s',
  async (_, sizes) => {
    for (let round = 0; round < 3; round += 1) {
      const socket = await openConnection(daemon.inference);
      const begun = readUntil(socket, (text) => text.includes('the first part'));
      for (const size of sizes) {
        await writeAll(socket, [postJson('/predictions/parts', '1').repeat(size)]);
        expect(await begun).toContain('the first part');
      }
      socket.destroy();
    }
  },
);

it.each([
  ['what is no request', 'no request at all\r\n\r\n'],
  ['a request for a tunnel', 'CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n'],
])('puts no refusal of %s into an answer that is on its way', async (_, last) => {
  const file = newFile();
  onTestFinished(() => writeFile(file, ''));
  const socket = await openConnection(daemon.inference);
  const answer = readUntil(socket);
  const begun = readUntil(socket, (text) => text.includes('the first part'));
  // In one piece: what comes behind a request that came by itself waits until that is answered.
  await writeAll(socket, [postJson('/predictions/parts', '1') + waitingFor(file)]);
  await begun;
  await writeAll(socket, [last]);
  expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  socket.destroy();
});

it('answers a request with an expectation that nobody knows, and logs it', async () => {
  const text = await exchange([
    'GET /ping HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: close\r\n\r\n',
  ]);
  expect(text).toMatch(/^HTTP\/1.1 200 /);
  const id = /x-request-id: (\S+)/.exec(text)?.[1] ?? 'none';
  expect(await daemon.line(id)).toContain('"status":200');
});

describe('a body over the limit', () => {
  const LARGE = 'x'.repeat(65_536);
  const head = (framing: string, connection: string) =>
    `POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n${framing}\r\n\r\n`;

  it.each(['close', 'keep-alive'])('is refused while its client goes on sending (%s)', async (connection) => {
    const socket = await openConnection(daemon.inference);
    const answer = readUntil(socket, (text) => text.endsWith('}\n'));
    await writeAll(socket, [
      head(`Content-Length: ${400 * LARGE.length}`, connection),
      ...Array<string>(400).fill(LARGE),
    ]);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    const chunked = await openConnection(daemon.inference);
    const other = readUntil(chunked, (text) => text.endsWith('}\n'));
    const chunk = `10000\r\n${LARGE}\r\n`;
    await writeAll(chunked, [
      head('Transfer-Encoding: chunked', connection),
      ...Array<string>(400).fill(chunk),
      '0\r\n\r\n',
    ]);
    expect(await other).toMatch(/^HTTP\/1\.1 413 /);
    chunked.destroy();
  });

  it('is dropped, and the connection serves the next request', async () => {
    const socket = await openConnection(daemon.inference);
    const answer = readUntil(socket, (text) => text.endsWith('[1]'));
    await writeAll(socket, [
      head(`Content-Length: ${20 * LARGE.length}`, 'keep-alive'),
      ...Array<string>(20).fill(LARGE),
    ]);
    await writeAll(socket, [postJson('/predictions/echo', '[1]')]);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

describe('a client that waits to be asked for its body', () => {
  const expecting = (path: string, length: number, headers = '') =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${headers}\r\n`;

  it('is asked when there is a model for it', async () => {
    const socket = await openConnection(daemon.inference);
    const asked = readUntil(socket, (text) => text.includes('100 Continue'));
    socket.write(expecting('/predictions/echo', 3));
    expect(await asked).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const answer = readUntil(socket, (text) => text.endsWith('[1]'));
    socket.write('[1]');
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it.each([
    ['no such model', '404', expecting('/predictions/none', 3)],
    ['too much', '413', expecting('/predictions/echo', 9_999_999)],
    ['a coding that is unknown', '415', expecting('/predictions/echo', 3, 'Content-Encoding: zstd\r\n')],
  ])('is not asked for %s', async (_, status, request) => {
    expect(await exchange([request])).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*connection: close`));
  });
});
