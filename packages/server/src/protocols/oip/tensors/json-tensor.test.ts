import { describe, expect, it } from 'vitest';
import { writeJsonData } from './json-tensor.ts';

const ODD = [0, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 0.1, -123456.789, 2 ** 53 + 2, 1 / 3];

function write(type: 'float32' | 'float64', values: readonly number[]): string {
  const data = type === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
  const datatype = type === 'float32' ? 'FP32' : 'FP64';
  return writeJsonData({ name: 'y', datatype, shape: [values.length] }, { type, shape: [values.length], data });
}

/** Few and many of them: those are written in different ways. */
const lists = [3, 511, 512, 5000].map((count) =>
  Array.from({ length: count }, (_, index) => (ODD[index % 9] ?? 0) * (index + 1)),
);

describe('floats in JSON', () => {
  it.each(['float32', 'float64'] as const)('of %s are written as JSON.stringify does it, however many', (type) => {
    for (const list of lists) {
      const values = list.map((value) => (type === 'float32' ? Math.fround(value) : value)).filter(Number.isFinite);
      expect(write(type, values)).toBe(JSON.stringify(values));
    }
  });

  it('that JSON has not are bare tokens, and a negative zero keeps its sign, wherever they stand', () => {
    const tokens = [
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [-Infinity, '-Infinity'],
      [-0, '-0.0'],
    ] as const;
    for (const list of lists) {
      for (const [value, token] of tokens) {
        for (const place of [0, list.length - 1]) {
          const texts = write('float64', list.with(place, value)).slice(1, -1).split(',');
          expect(texts[place]).toBe(token);
          expect(texts.map(Number)).toEqual(list.with(place, value));
        }
      }
    }
  });
});

it('texts, booleans and 64-bit integers are exact', () => {
  const texts = ['ä"\\', '\u0000', '\ud800', ''];
  const shape = [texts.length];
  expect(writeJsonData({ name: 'y', datatype: 'BYTES', shape }, { type: 'string', shape, data: texts })).toBe(
    JSON.stringify(texts),
  );
  const bools = { type: 'bool', shape: [2], data: Uint8Array.of(1, 0) } as const;
  expect(writeJsonData({ name: 'y', datatype: 'BOOL', shape: [2] }, bools)).toBe('[true,false]');
  const integers = { type: 'int64', shape: [1], data: BigInt64Array.of(2n ** 63n - 1n) } as const;
  expect(writeJsonData({ name: 'y', datatype: 'INT64', shape: [1] }, integers)).toBe('[9223372036854775807]');
});
