import { expect, it } from 'vitest';
import type { EndpointCall } from '../http/endpoint-runner.ts';
import { KnownHeads } from './known-heads.ts';
import { MessageReader } from './read-message.ts';

const CALL = {} as EndpointCall;
const reader = (heads = new KnownHeads({ find: () => CALL, methodsAt: () => [], revision: 0 })) =>
  new MessageReader({ heads, bodyLimits: { maxBytes: 20_000, setBy: 'a test', timeoutMs: 1 } });
const read = (text: string, pieces = 1) => reader().read(Buffer.from(text, 'latin1'), pieces);

const post = (bytes: number) => `POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`;
/** A request whose head has so many bytes, without the empty line behind it. */
const headOf = (bytes: number) => {
  const begin = 'GET /x HTTP/1.1\r\nHost: x\r\nX-A: ';
  return `${begin}${'y'.repeat(bytes - begin.length)}\r\n\r\n`;
};

it.each([
  ['without a body', 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n', 0],
  ['with one', `${post(5)}abcde`, 5],
  ['with a large one that came whole', post(20_000) + 'y'.repeat(20_000), 20_000],
  ['with the longest head', headOf(16 * 1024), 0],
])('takes a request %s', (_, text, bytes) => {
  expect(read(text)).toMatchObject({ known: { call: CALL }, body: { length: bytes } });
});

it('reads the head of clients of one kind once, whichever of them it forgets', () => {
  let count = 0;
  const countCall = () => ((count += 1), CALL);
  const heads = new KnownHeads({ find: countCall, methodsAt: () => [], revision: 0 });
  const [one, other] = [reader(heads), reader(heads)];
  for (const each of [one, other, one]) each.read(Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'), 1);
  other.forget();
  other.read(Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'), 1);
  expect(count).toBe(1);
});

it.each([1, 9])('takes the head of a request whose body will be large, in %d pieces', (pieces) => {
  expect(read(`${post(17_000)}abcd`, pieces)).toMatchObject({
    known: { head: { bodyBytes: 17_000 } },
    body: { length: 4 },
  });
});

it('knows a head again, and tells it from another', () => {
  const one = reader();
  const targets = ['/a', '/a', '/b', '/a'].map((target) => {
    const message = one.read(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`), 1);
    return typeof message === 'object' ? message.known.head.target : message;
  });
  expect(targets).toEqual(['/a', '/a', '/b', '/a']);
});

it.each([
  ['a letter', 'P', 1],
  ['a part of a head', 'GET /x HTTP/1.1\r\nHost: x\r', 3],
  ['a part of a body', `${post(5)}abcd`, 3],
])('waits for more of %s', (_, text, pieces) => {
  expect(read(text, pieces)).toBe('incomplete');
});

it.each([
  ['comes in many pieces', `${post(5)}abcd`, 4],
  ['is too large', `${post(20_001)}${'y'.repeat(20_001)}`, 1],
  ['has a head that is too long', headOf(16 * 1024 + 1), 1],
  ['has a head that is too long, and no end yet', headOf(16 * 1024 + 1).slice(0, -1), 1],
  ['has another behind it', `${post(5)}abcdeG`, 1],
  ['begins with an empty line', '\r\n', 1],
  ['is no GET or POST', 'PUT', 1],
  ['ends its lines with line feeds alone', 'GET /x HTTP/1.1\nHost: x\n\n', 1],
])('leaves what %s to node:http', (_, text, pieces) => {
  expect(read(text, pieces)).toBeUndefined();
});
