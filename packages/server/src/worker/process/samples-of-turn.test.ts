import { describe, expect, it } from 'vitest';
import type { MetricSample, MetricSeries } from '@marserve/handlers/context';
import { SamplesOfTurn } from './samples-of-turn.ts';

const sample = (value: number, fields: Partial<MetricSample> = {}): MetricSample => ({
  name: 'm',
  kind: 'histogram',
  unit: 's',
  dimensions: { node: 'a' },
  value,
  ...fields,
});

/** What is told of samples that come in one turn. */
async function told(samples: readonly MetricSample[]): Promise<(readonly MetricSeries[])[]> {
  const messages: (readonly MetricSeries[])[] = [];
  const turn = new SamplesOfTurn((message) => messages.push(message));
  for (const each of samples) turn.add(each);
  expect(messages).toEqual([]);
  await Promise.resolve();
  return messages;
}

describe('the samples of a turn', () => {
  it('are one message, in which each series is named once', async () => {
    const [message, ...others] = await told([sample(1), sample(2, { dimensions: { node: 'b' } }), sample(3)]);
    expect(others).toEqual([]);
    expect(message?.map(({ dimensions, values }) => [dimensions.node, values])).toEqual([
      ['a', [1, 3]],
      ['b', [2]],
    ]);
  });

  it('are of different series where name, kind, unit or a dimension differs', async () => {
    const others: Partial<MetricSample>[] = [
      { name: 'n' },
      { kind: 'gauge' },
      { unit: 'ms' },
      { dimensions: {} },
      { dimensions: { node: 'a', more: '' } },
      { dimensions: { node: 'a 0 ' } },
    ];
    const [message] = await told([sample(0), ...others.map((fields, index) => sample(index + 1, fields))]);
    expect(message?.map(({ values }) => values)).toEqual([[0], [1], [2], [3], [4], [5], [6]]);
  });

  it('are as many messages as their bounds ask for, and none is lost', async () => {
    const ofOne = Array.from({ length: 2500 }, (_, value) => sample(value));
    const ofMany = Array.from({ length: 2500 }, (_, value) => sample(value, { name: `m${value}` }));
    const ofLong = Array.from({ length: 5 }, (_, value) =>
      sample(value, { dimensions: { node: String(value).repeat(60_000) } }),
    );
    for (const samples of [ofOne, ofMany, ofLong]) {
      const messages = await told(samples);
      expect(messages.flat().flatMap(({ values }) => values)).toEqual(samples.map(({ value }) => value));
      for (const message of messages) {
        expect(message.length).toBeLessThanOrEqual(1000);
        for (const { values } of message) expect(values.length).toBeLessThanOrEqual(1000);
        expect(JSON.stringify(message).length).toBeLessThan(256 * 1024);
      }
    }
  });

  it('of the next turn are told anew', async () => {
    const messages: (readonly MetricSeries[])[] = [];
    const turn = new SamplesOfTurn((message) => messages.push(message));
    for (const value of [1, 2]) {
      turn.add(sample(value));
      await Promise.resolve();
    }
    expect(messages.map(([series]) => series?.values)).toEqual([[1], [2]]);
  });
});
