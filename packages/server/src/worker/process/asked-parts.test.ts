import { describe, expect, it } from 'vitest';
import { packValues } from '../../protocols/values/pack-values.ts';
import { AskedParts } from './asked-parts.ts';
import { joinParts, ModelAnswerParts } from './model-answer.ts';

function setUp(ahead = { parts: 4, bytes: 1000 }) {
  const told: string[] = [];
  const parts = new AskedParts({
    ahead,
    onTaken: ({ parts: count, bytes }) => told.push(`${count} of ${bytes}`),
    onClosed: () => told.push('closed'),
  });
  const add = (...values: unknown[]) => {
    for (const value of values) parts.add(packValues(value));
  };
  return { parts, told, add };
}

const read = async (parts: AsyncIterable<unknown>) => {
  const all: unknown[] = [];
  for await (const part of parts) all.push(part);
  return all;
};

describe('the parts of another model’s answer', () => {
  it('come in their order, whoever is first: they or their reader', async () => {
    const { parts } = setUp();
    const first = parts.next();
    parts.add(Buffer.from('a'));
    parts.add(Buffer.from('b'));
    parts.end();
    expect([String((await first).value), ...(await read(parts)).map(String)]).toEqual(['a', 'b']);
  });

  it('are told to be taken before their maker has to wait, by number and by size', async () => {
    const { parts, told } = setUp();
    for (const size of [1, 1, 1, 600]) parts.add(Buffer.alloc(size));
    await parts.next();
    expect(told).toEqual([]);
    await parts.next();
    expect(told).toEqual(['2 of 2']);
    await parts.next();
    await parts.next();
    expect(told).toEqual(['2 of 2', '2 of 601']);
  });

  it('end with what ended them, behind those that came', async () => {
    const { parts } = setUp();
    parts.add(Buffer.from('a'));
    parts.end(new Error('upset'));
    parts.end();
    expect(String((await parts.next()).value)).toBe('a');
    await expect(parts.next()).rejects.toThrow('upset');
  });

  it('are closed once by a reader that stops, even while it waits for one', async () => {
    const { parts, told } = setUp();
    let ended = 0;
    const answer = new ModelAnswerParts(parts, () => (ended += 1));
    const pending = answer.next();
    await answer.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    parts.add(Buffer.from('late'));
    await parts.return();
    expect([told, ended > 0]).toEqual([['closed'], true]);
  });

  it('that cannot be read close the question', async () => {
    const { parts, told } = setUp();
    parts.add(Buffer.from('nonsense'));
    await expect(read(new ModelAnswerParts(parts, () => {}))).rejects.toMatchObject({ status: 502 });
    expect(told).toEqual(['closed']);
  });
});

describe('parts as one answer', () => {
  const joined = async (...values: unknown[]) => {
    const { parts, add } = setUp();
    add(...values);
    parts.end();
    return joinParts(parts);
  };

  it('are text and bytes one behind the other, by their rows', async () => {
    const text = [
      { row: 1, value: 'x' },
      { row: 0, value: 'a' },
      { row: 1, value: 'y' },
    ];
    expect(await joined(...text)).toEqual({ predictions: ['a', 'xy'] });
    const bytes = ['a', 'b'].map((value) => ({ row: 0, value: Buffer.from(value) }));
    expect(await joined(...bytes)).toEqual({ predictions: [Buffer.from('ab')] });
    expect(await joined({ row: 0, value: { a: 1 } })).toEqual({ predictions: [{ a: 1 }] });
  });

  it('are refused where they make none', async () => {
    await expect(joined({ row: 0, value: 1 }, { row: 0, value: 2 })).rejects.toMatchObject({ status: 502 });
    await expect(joined({ outputs: {} }, { outputs: {} })).rejects.toThrow('The answer has 2 parts');
    expect(await joined({ outputs: {} })).toEqual({ outputs: {} });
  });
});
