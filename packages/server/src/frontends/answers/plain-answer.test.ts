import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { PlainResponse } from '../../protocols/endpoint.ts';
import { PlainAnswers } from './plain-answer.ts';
import { standardHeaders } from './response-head.ts';
import { sendResponse } from './send-response.ts';

const IDLE_MS = 75_000;
const HEADERS = standardHeaders({ 'access-control-allow-origin': '*' });
const FACTS = { requestId: 'r-1', headers: HEADERS, isLast: false };
const JSON_HEADERS = { 'content-type': 'application/json' };

/** What node:http sends for an answer. */
async function byNode(answer: PlainResponse): Promise<string> {
  const server = createServer({ keepAliveTimeout: IDLE_MS }, (_, response) => sendResponse(response, answer, FACTS));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [text] = (await once(socket, 'data')) as [string];
  socket.destroy();
  server.close();
  return text;
}

const withoutDate = (text: string | undefined) => text?.replace(/Date: .*/, 'Date: now');

describe('a small answer', () => {
  it.each([
    ['a text', { status: 200, headers: JSON_HEADERS, body: '[1]' }],
    ['a text beyond ASCII', { status: 200, headers: JSON_HEADERS, body: '"\u00e9\u20ac\u{1f600}"' }],
    ['bytes', { status: 200, headers: JSON_HEADERS, body: Uint8Array.from({ length: 256 }, (_, index) => index) }],
    ['nothing', { status: 200, headers: {}, body: '' }],
    ['an error', { status: 404, headers: JSON_HEADERS, body: '{}' }],
    ['a name in capitals', { status: 200, headers: { 'X-Kind': 'a' }, body: '' }],
    ['more headers', { status: 200, headers: { ...JSON_HEADERS, 'x-kind': 'a, b;c="d"' }, body: 'x' }],
  ])('%s is what node:http would send', async (_, answer) => {
    const text = new PlainAnswers(HEADERS, IDLE_MS).write(answer, FACTS);
    expect(withoutDate(text)).toBe(withoutDate(await byNode(answer)));
  });

  it.each([
    ['a large one', { status: 200, headers: JSON_HEADERS, body: 'x'.repeat(10_000) }],
    ['one without a body', { status: 204, headers: {}, body: '' }],
    ['a reason of its own', { status: 200, reason: 'Fine', headers: {}, body: '' }],
    ['a status that nobody knows', { status: 299, headers: {}, body: '' }],
    ['a header that every answer has', { status: 200, headers: { pragma: 'cache' }, body: '' }],
    ['a length of its own', { status: 200, headers: { 'content-length': '1' }, body: '' }],
    ['a name twice', { status: 200, headers: { 'X-Kind': 'a', 'x-kind': 'b' }, body: '' }],
    ['a name that is none', { status: 200, headers: { 'x kind': 'a' }, body: '' }],
    ['a value with a second line', { status: 200, headers: { 'x-kind': 'a\r\nx-other: b' }, body: '' }],
    ['a value beyond ASCII', { status: 200, headers: { 'x-kind': '\u20ac' }, body: '' }],
    ['an empty value', { status: 200, headers: { 'x-kind': '' }, body: '' }],
  ])('%s is left to node:http', (_, answer) => {
    expect(new PlainAnswers(HEADERS, IDLE_MS).write(answer, FACTS)).toBeUndefined();
  });

  it('is left to node:http where it is the last of its connection, or what all answers have is for that to refuse', () => {
    const answer = { status: 200, headers: {}, body: '' };
    expect(new PlainAnswers(HEADERS, IDLE_MS).write(answer, { ...FACTS, isLast: true })).toBeUndefined();
    const odd = standardHeaders({ 'access-control-allow-origin': 'a\nb' });
    expect(new PlainAnswers(odd, IDLE_MS).write(answer, FACTS)).toBeUndefined();
  });
});
