import { expect, it } from 'vitest';
import { ServeError } from '../errors.ts';
import { PartStream } from './part-stream.ts';
import { wholeAnswer } from './whole-answer.ts';

const PART = { meta: { first: true }, body: Buffer.from('a') };
const FIRST = { ...PART, queueMs: 1 };
const createStream = () => new PartStream({ onTaken() {}, onClosed() {} });

it('an answer that came whole is itself', async () => {
  expect(await wholeAnswer(FIRST)).toEqual(PART);
});

it('one in parts has the facts of its first and the bodies of all', async () => {
  const rest = createStream();
  for (const text of ['b', '', 'c']) rest.add({ meta: { first: false }, body: Buffer.from(text) });
  rest.end();
  const { meta, body } = await wholeAnswer({ ...FIRST, rest });
  expect([meta, Buffer.from(body).toString()]).toEqual([FIRST.meta, 'abc']);
});

it('one that ends early is none', async () => {
  const rest = createStream();
  rest.end(new ServeError('worker_died', 'died'));
  await expect(wholeAnswer({ ...FIRST, rest })).rejects.toThrow('died');
});

it('one without an end is given up, and its maker told', async () => {
  let isClosed = false;
  const rest = new PartStream({ onTaken() {}, onClosed: () => (isClosed = true) });
  const body = Buffer.alloc(2 ** 17);
  const next = () => Promise.resolve({ done: false as const, value: { meta: {}, body } });
  rest.next = next;
  await expect(wholeAnswer({ ...FIRST, rest })).rejects.toMatchObject({ code: 'response_too_large' });
  expect(isClosed).toBe(true);
});
