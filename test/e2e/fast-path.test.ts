/** Plain requests, which never meet node:http, and connections that are given to it in their midst. */
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { keep_alive_timeout: 2 },
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'gate', source: GATE });
    },
  });
  await registerModels(daemon, ['echo', 'gate']);
});
afterAll(() => daemon.close());

const post = (body: string, more = '', model = 'echo') =>
  `POST /predictions/${model} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const PLAIN = post('plain');
const CHUNKED =
  'POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nchunked\r\n0\r\n\r\n';
const LAST = post('last', 'Connection: close\r\n');

/** Sends each piece when the answer to those before is there. */
async function inTurn(socket: Socket, requests: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const request of requests) {
    const answer = readUntil(socket, (text) => /content-length: (\d+)\r\n[^]*\r\n\r\n/.test(text) && isWhole(text));
    socket.write(request);
    answers.push(await answer);
  }
  return answers;
}

function isWhole(text: string): boolean {
  const length = Number(/content-length: (\d+)/.exec(text)?.[1]);
  return text.length - text.indexOf('\r\n\r\n') - 4 >= length;
}

const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
const headOf = (answer: string) =>
  answer.slice(0, answer.indexOf('\r\n\r\n')).replaceAll(/(x-request-id|Date): .*/g, '$1');

it('answers as node:http does, one request after the other', async () => {
  const socket = await openConnection(daemon.inference);
  const [plain = '', again = ''] = await inTurn(socket, [PLAIN, PLAIN]);
  // What takes more than one way to read makes the connection node:http's.
  const [chunked = '', byNode = ''] = await inTurn(socket, [CHUNKED, PLAIN]);
  expect([plain, again, chunked, byNode].map(bodyOf)).toEqual(['plain', 'plain', 'chunked', 'plain']);
  expect(headOf(plain)).toBe(headOf(byNode));
  expect(bodyOf((await inTurn(socket, [LAST]))[0] ?? '')).toBe('last');
  socket.destroy();
});

it.each([
  ['in two pieces', [PLAIN.slice(0, 20), PLAIN.slice(20)]],
  ['with its body behind its head', [PLAIN.slice(0, -5), PLAIN.slice(-5)]],
  ['byte for byte', PLAIN.split('')],
  ['with a pause in its head', [PLAIN.slice(0, 30), 2500, PLAIN.slice(30)]],
  ['with a pause in its body', [PLAIN.slice(0, -2), 2500, PLAIN.slice(-2)]],
  ['after a pause', [2500, PLAIN]],
])('answers a request that comes %s', async (_, pieces) => {
  const socket = await openConnection(daemon.inference);
  const answer = readUntil(socket, isWhole);
  for (const piece of pieces) {
    // The pause is what is tested: connections are looked at every second.
    if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece));
    else await new Promise((resolve) => socket.write(piece, resolve));
  }
  expect(bodyOf(await answer)).toBe('plain');
  socket.destroy();
});

describe('requests that come before the answers of those before', () => {
  it.each([
    ['together', [PLAIN + post('second') + CHUNKED + LAST]],
    ['each by itself', [PLAIN, post('second'), CHUNKED, LAST]],
    [
      'cut anywhere',
      [
        PLAIN + post('second').slice(0, 40),
        post('second').slice(40) + CHUNKED.slice(0, 150),
        CHUNKED.slice(150) + LAST,
      ],
    ],
  ])('are answered in their order: %s', async (_, pieces) => {
    const socket = await openConnection(daemon.inference);
    const answers = readUntil(socket);
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
    const bodies = (await answers)
      .split(/HTTP\/1\.1 200 OK/)
      .slice(1)
      .map(bodyOf);
    expect(bodies).toEqual(['plain', 'second', 'chunked', 'last']);
    socket.destroy();
  });

  it('also when they come while the first is computed, and their client ends its side', async () => {
    const { letGo } = await holdUp(daemon, 'gate');
    const socket = await openConnection(daemon.inference);
    const answers = readUntil(socket);
    await new Promise((resolve) => socket.write(post('first', '', 'gate'), resolve));
    await expect.poll(() => queueLength(daemon, 'gate')).toBe(1);
    socket.end(PLAIN + post('second'));
    await letGo();
    const bodies = (await answers)
      .split(/HTTP\/1\.1 200 OK/)
      .slice(1)
      .map(bodyOf);
    expect(bodies).toEqual(['first', 'plain', 'second']);
  });
});

it('refuses a request in whose midst its client ends its side', async () => {
  const socket = await openConnection(daemon.inference);
  const answer = readUntil(socket);
  socket.end(PLAIN.slice(0, -2));
  expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
});

it('answers a client that ends its side behind its request, and ends the connection', async () => {
  const socket = await openConnection(daemon.inference);
  const answer = readUntil(socket);
  socket.end(PLAIN);
  expect(bodyOf(await answer)).toBe('plain');
});

it('closes a connection that is idle for too long after its answer', async () => {
  const socket = await openConnection(daemon.inference);
  await inTurn(socket, [PLAIN]);
  expect(await readUntil(socket)).toBe('');
  socket.destroy();
});

it('tells its worker when the client leaves', async () => {
  const { letGo } = await holdUp(daemon, 'gate');
  const socket = await openConnection(daemon.inference);
  socket.write(post('nobody waits', '', 'gate'));
  await expect.poll(() => queueLength(daemon, 'gate')).toBe(1);
  socket.destroy();
  await expect.poll(() => queueLength(daemon, 'gate')).toBe(0);
  await letGo();
});
