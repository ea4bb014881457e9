import { describe, expect, it } from 'vitest';
import type { RowResult } from '@marserve/handlers';
import { AnswerInParts } from './answer-in-parts.ts';
import type { EncodedResult } from './coded-requests.ts';

const encode = (value: RowResult): EncodedResult => {
  const body = Buffer.from(String(value));
  return { result: { ok: true, meta: {}, size: body.length }, body };
};
const FAILURE: EncodedResult = { result: { ok: false, error: { code: 'handler_failed', message: 'failed' } } };

function createAnswer(limit = { parts: 2, bytes: 1000 }) {
  const sent: string[] = [];
  const answer = new AnswerInParts(limit, (part, isLast) => {
    const text =
      part?.result.ok === false ? part.result.error.message : part?.body && Buffer.from(part.body).toString();
    sent.push(`${text ?? 'end'}${isLast ? '.' : ''}`);
  });
  return { answer, sent };
}

/** Whether a promise has settled by now. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, open))])) !== open;
}

describe('an answer in parts', () => {
  it.each([
    ['parts', { parts: 2, bytes: 1000 }],
    ['bytes', { parts: 1000, bytes: 2 }],
  ])('sends no more %s ahead than are taken', async (_, limit) => {
    const { answer, sent } = createAnswer(limit);
    const adds = ['a', 'b', 'c', 'd'].map((text) => answer.add(encode(text)));
    expect(sent).toEqual(['a', 'b']);
    expect([await isOver(adds[1] as Promise<void>), await isOver(adds[2] as Promise<void>)]).toEqual([true, false]);
    answer.taken({ parts: 1, bytes: 1 });
    await adds[2];
    expect(sent).toEqual(['a', 'b', 'c']);
    answer.taken({ parts: 2, bytes: 2 });
    await answer.end();
    expect(sent).toEqual(['a', 'b', 'c', 'd', 'end.']);
  });

  it('pumps an iterable to its end', async () => {
    const { answer, sent } = createAnswer();
    async function* count() {
      for (let n = 0; n < 5; n += 1) yield n;
    }
    const pumped = answer.pump(count(), encode);
    for (const text of ['0', '1', '2', '3', '4']) {
      await expect.poll(() => sent).toContain(text);
      answer.taken({ parts: 1, bytes: 1 });
    }
    await pumped;
    await answer.end();
    expect(sent).toEqual(['0', '1', '2', '3', '4', 'end.']);
  });

  it('ends with the failure of what it pumps, once', async () => {
    const { answer, sent } = createAnswer();
    async function* broken() {
      yield 'a';
      throw new Error('upset');
    }
    await answer.pump(broken(), encode);
    answer.finish(FAILURE);
    await answer.end();
    expect(sent).toEqual(['a', 'Prediction failed: upset.']);
  });

  it('ends with a part that failed, and takes none behind it', async () => {
    const { answer, sent } = createAnswer();
    await answer.add(encode('a'));
    await answer.add(FAILURE);
    await answer.add(encode('b'));
    await answer.end();
    expect(sent).toEqual(['a', 'failed.']);
  });

  it('that nobody takes ends what it pumps, and holds nobody up', async () => {
    const { answer, sent } = createAnswer();
    let isReturned = false;
    async function* endless() {
      try {
        for (;;) yield 'x';
      } finally {
        isReturned = true;
      }
    }
    const pumped = answer.pump(endless(), encode);
    await expect.poll(() => sent.length).toBe(2);
    expect(await isOver(pumped)).toBe(false);
    answer.stop();
    await pumped;
    await answer.add(encode('late'));
    expect([isReturned, sent]).toEqual([true, ['x', 'x']]);
  });

  it('that failed to end what it pumped is over all the same', async () => {
    const { answer, sent } = createAnswer();
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false as const, value: 'x' }),
        return: () => Promise.reject(new Error('cannot end')),
      }),
    };
    const pumped = answer.pump(iterable, encode);
    await expect.poll(() => sent.length).toBe(2);
    answer.stop();
    await pumped;
    expect(sent.at(-1)).toMatch(/x|cannot end/);
  });
});
