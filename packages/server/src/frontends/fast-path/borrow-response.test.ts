import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MemoryBudget } from '../memory/memory-budget.ts';
import { sendResponse } from '../answers/send-response.ts';
import { UntakenAnswers } from '../answers/untaken-answers.ts';
import { borrowResponse } from './borrow-response.ts';
import { readPlainHead, type PlainHead } from './read-head.ts';

const HEAD = readPlainHead('GET /ping HTTP/1.1\r\nHost: x') as PlainHead;

let server: Server;
beforeAll(async () => {
  server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Both ends of a connection. */
async function connection(): Promise<[Socket, Socket]> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await accepted;
  return [socket, client];
}

const facts = (isLast: boolean) => ({ requestId: 'id', headers: new Map<string, string>(), isLast });
const ANSWER = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'answer' };

it.each([
  ['is told that the connection stays', ANSWER, false, false],
  ['is told by the server that it ends', ANSWER, true, true],
  ['is told by the answer that it ends', { ...ANSWER, headers: { connection: 'close' } }, false, true],
])('a client %s', async (_, answer, isLast, ends) => {
  const [socket, client] = await connection();
  const finished = new Promise((resolve) => {
    const response = borrowResponse({ socket, head: HEAD, idleTimeoutMs: 1000, onFinished: resolve });
    sendResponse(response, answer, facts(isLast));
  });
  expect(await finished).toBe(ends);
  const [text] = (await once(client, 'data')) as [Buffer];
  expect(/^connection: close\r$/im.test(String(text))).toBe(ends);
  expect(['close', 'drain', 'end'].map((event) => socket.listenerCount(event))).toEqual(
    ['close', 'drain', 'end'].map((event) => new Socket().listenerCount(event)),
  );
  client.destroy();
  socket.destroy();
});

it('holds no memory for a client that has left before its answer', async () => {
  const [socket, client] = await connection();
  client.destroy();
  socket.destroy();
  await once(socket, 'close');
  const budget = new MemoryBudget(ANSWER.body.length - 1);
  const response = borrowResponse({ socket, head: HEAD, idleTimeoutMs: 1000, onFinished: () => {} });
  sendResponse(response, ANSWER, facts(false));
  const untaken = new UntakenAnswers(budget, 60_000);
  untaken.watch(response, ANSWER.body);
  await untaken.drained(response, Buffer.from(ANSWER.body));
  await new Promise(setImmediate);
  expect(budget.isOverdrawn).toBe(false);
});
