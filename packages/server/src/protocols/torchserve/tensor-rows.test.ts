import type { TensorSpec } from '@marserve/handlers';
import { describe, expect, it } from 'vitest';
import { torchserveCodec } from './codec.ts';

const INPUT: TensorSpec = { name: 'x', type: 'float32', shape: ['batch', 2] };

function rowOf(body: string, tensorInputs: TensorSpec[] = [INPUT], contentType = 'application/json') {
  const inputs = [{ name: 'body', contentType, bytes: Buffer.from(body) }];
  const model = { name: 'm', version: '1.0', signature: { inputs: [INPUT], outputs: [] }, tensorInputs };
  return torchserveCodec.decode({ operation: 'predict', headers: [], inputs }, model).rows[0];
}

const rows = Array.from({ length: 100 }, (_, row) => [row, row / 7]);
const tensor = { type: 'float32', shape: [100, 2], data: Float32Array.from(rows.flat()) };

describe('a JSON body of numbers', () => {
  it('is the tensor of the only input of a built-in handler, with the batch axis or without it', () => {
    expect(rowOf(JSON.stringify(rows))).toEqual({ x: tensor });
    const one = { ...INPUT, shape: ['batch', 200] };
    expect(rowOf(JSON.stringify(rows.flat()), [one])).toEqual({ x: { ...tensor, shape: [200] } });
  });

  it.each([
    ['that is short', '[[1, 2]]'],
    ['of another shape', JSON.stringify(rows.flat())],
    ['with other values', JSON.stringify([...rows, [1, null]])],
    ['that is ragged', JSON.stringify([...rows, [3]])],
    ['that is one number', `${' '.repeat(300)}1`],
  ])('%s is parsed', (_, body) => {
    expect(rowOf(body)).toEqual({ body: JSON.parse(body) as unknown });
  });

  it('is parsed for an input of integers, for several, and for handlers of others', () => {
    const body = JSON.stringify(rows);
    for (const inputs of [[{ ...INPUT, type: 'int64' }], [INPUT, INPUT], []] satisfies TensorSpec[][]) {
      expect(rowOf(body, inputs)).toEqual({ body: rows });
    }
  });

  it('of another content type stays as it came', () => {
    const body = JSON.stringify(rows);
    expect(rowOf(body, [INPUT], 'application/octet-stream')).toEqual({ body: Buffer.from(body) });
  });
});

describe('a JSON object of inputs', () => {
  const other: TensorSpec = { name: 'y', type: 'int64', shape: ['batch'] };

  it('has tensors for those of floats', () => {
    expect(rowOf(JSON.stringify({ x: rows }))).toEqual({ body: { x: tensor } });
    const body = JSON.stringify({ y: [1], x: rows });
    expect(rowOf(body, [INPUT, other])).toEqual({ body: { x: tensor, y: [1] } });
    expect(rowOf(body, [INPUT, { ...other, type: 'float32' }])).toEqual({
      body: { x: tensor, y: { type: 'float32', shape: [1], data: Float32Array.of(1) } },
    });
  });

  it.each([
    ['of another shape', { x: rows.flat() }],
    ['of another shape beside a right one', { x: rows, y: [rows] }],
    ['under other names', { z: rows }],
    ['with other values', { x: [...rows, ['NaN', 1]] }],
  ])('is parsed with lists %s', (_, value) => {
    const inputs: TensorSpec[] = [INPUT, { ...INPUT, name: 'y' }];
    expect(rowOf(JSON.stringify(value), inputs)).toEqual({ body: value });
  });
});
