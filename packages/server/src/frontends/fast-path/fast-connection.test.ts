import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { settled } from '../../test-support/scripted-version.ts';
import type { EndpointCall, Exchange } from '../http/endpoint-runner.ts';
import { MemoryBudget } from '../memory/memory-budget.ts';
import { FastConnection } from './fast-connection.ts';
import type { FastPathOptions } from './fast-path.ts';
import type { FastRequest } from './fast-request.ts';
import { KnownHeads } from './known-heads.ts';

const CALL = {} as EndpointCall;
const headsOf = (find = () => CALL) => new KnownHeads({ find, methodsAt: () => [], revision: 0 });

/** Notes each request when it begins, and answers it with nothing when its body is there. */
const runOn = (done: unknown[]) => async (request: FastRequest, exchange: Exchange) => {
  expect(exchange.call).toBe(CALL);
  done.push(request.target);
  const [body] = await request.readInputs();
  done.push(body?.chunks.reduce((bytes, chunk) => bytes + chunk.length, 0) ?? 0);
  await exchange.send({ status: 200, headers: {}, body: '' }, { facts: {}, call: CALL } as never);
};

/** A connection, and what became of what came on it: targets of requests and the lengths of their bodies, or `node:http`. */
function connect(heads = headsOf()) {
  const done: unknown[] = [];
  const socket = new Duplex({ read() {}, write: (_bytes, _encoding, callback) => callback() }) as unknown as Socket;
  const connection = new FastConnection(socket, {
    heads,
    bodyLimits: { maxBytes: 20_000, setBy: 'a test', timeoutMs: 10_000 },
    budget: new MemoryBudget(1e6),
    plainAnswers: { write: () => 'an answer' },
    runner: { run: runOn(done) },
    idleTimeoutMs: 60_000,
    giveToNode: () => done.push('node:http'),
    onClosed() {},
  } as unknown as FastPathOptions);
  const receive = async (...pieces: readonly string[]) => {
    for (const piece of pieces) {
      socket.push(Buffer.from(piece, 'latin1'));
      await settled();
    }
    return done;
  };
  return { connection, receive };
}

/** In pieces of about the same length. */
const split = (text: string, pieces: number) =>
  Array.from({ length: pieces }, (_, i) =>
    text.slice(Math.ceil((i * text.length) / pieces), Math.ceil(((i + 1) * text.length) / pieces)),
  );
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = (bytes: number) => `POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`;
/** A request whose head has so many bytes, without the empty line behind it. */
const headOf = (bytes: number) => {
  const begin = 'GET /x HTTP/1.1\r\nHost: x\r\nX-A: ';
  return `${begin}${'y'.repeat(bytes - begin.length)}\r\n\r\n`;
};

it.each([
  ['without a body', get('/x'), 0],
  ['with one', `${post(5)}abcde`, 5],
  ['with a large one that came whole', post(20_000) + 'y'.repeat(20_000), 20_000],
  ['with the longest head', headOf(16 * 1024), 0],
])('takes a request %s', async (_, text, bytes) => {
  expect(await connect().receive(text)).toEqual(['/x', bytes]);
});

it('reads the head of clients of one kind once, whichever of them it forgets', async () => {
  let count = 0;
  const heads = headsOf(() => ((count += 1), CALL));
  const [one, other] = [connect(heads), connect(heads)];
  for (const each of [one, other, one]) await each.receive(get('/a'));
  for (const _ of [1, 2]) other.connection.look(1000);
  expect(await other.receive(get('/a'))).toEqual(['/a', 0, '/a', 0]);
  expect(count).toBe(1);
});

it('begins with a request whose body will be large as soon as its head is there', async () => {
  const { receive } = connect();
  expect(await receive(`${post(17_000)}abcd`)).toEqual(['/x']);
  expect(await receive('y'.repeat(16_996))).toEqual(['/x', 17_000]);
});

it('knows a head again, and tells it from another', async () => {
  const targets = ['/a', '/a', '/b', '/a'];
  expect(await connect().receive(...targets.map(get))).toEqual(targets.flatMap((target) => [target, 0]));
});

it.each([
  ['a letter', 'P', 1, 1, `${post(1).slice(1)}y`],
  ['a part of a head', post(1).slice(0, -1), 3, 1, '\ny'],
  ['a part of a body', `${post(5)}abcd`, 3, 5, 'e'],
])('waits for more of %s', async (_, text, pieces, bytes, rest) => {
  const { receive } = connect();
  expect(await receive(...split(text, pieces))).toEqual([]);
  expect(await receive(rest)).toEqual(['/x', bytes]);
});

it.each([
  ['comes in many pieces', `${post(5)}abcd`, 4],
  ['is too large', `${post(20_001)}${'y'.repeat(20_001)}`, 1],
  ['will be too large', post(20_001), 1],
  ['has a head that is too long', headOf(16 * 1024 + 1), 1],
  ['has a head that is too long, and no end yet', headOf(16 * 1024 + 1).slice(0, -1), 1],
  ['has another behind it', `${post(5)}abcdeG`, 1],
  ['begins with an empty line', '\r\n', 1],
  ['is no GET or POST', 'PUT', 1],
  ['ends its lines with line feeds alone', 'GET /x HTTP/1.1\nHost: x\n\n', 1],
])('leaves what %s to node:http', async (_, text, pieces) => {
  expect(await connect().receive(...split(text, pieces))).toEqual(['node:http']);
});
