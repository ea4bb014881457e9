import type { TensorSpec } from '@marserve/handlers';
import { describe, expect, it } from 'vitest';
import { torchserveCodec } from './codec.ts';

const INPUT: TensorSpec = { name: 'x', type: 'float32', shape: ['batch', 2] };

function rowOf(body: string, tensorInput: TensorSpec | undefined = INPUT, contentType = 'application/json') {
  const inputs = [{ name: 'body', contentType, bytes: Buffer.from(body) }];
  const model = { name: 'm', version: '1.0', signature: { inputs: [INPUT], outputs: [] }, tensorInput };
  return torchserveCodec.decode({ operation: 'predict', headers: [], inputs }, model).rows[0];
}

describe('a JSON body of numbers', () => {
  it('is the tensor of the only input of a built-in handler, with the batch axis or without it', () => {
    expect(rowOf('[[1, 0.1]]')).toEqual({
      x: { type: 'float32', shape: [1, 2], data: Float32Array.from([1, 0.1]) },
    });
    expect(rowOf('[1, 0.1]')).toEqual({ x: { type: 'float32', shape: [2], data: Float32Array.from([1, 0.1]) } });
  });

  it.each([
    ['of another shape', '[[1, 2, 3]]'],
    ['with other values', '[[1, null]]'],
    ['that is ragged', '[[1, 2], [3]]'],
    ['that is an object', '{"x": [[1, 2]]}'],
    ['that is one number', '1'],
  ])('%s is parsed', (_, body) => {
    expect(rowOf(body)).toEqual({ body: JSON.parse(body) as unknown });
  });

  it('is parsed for an input of integers, and for handlers of others', () => {
    expect(rowOf('[[1, 2]]', { ...INPUT, type: 'int64' })).toEqual({ body: [[1, 2]] });
    const model = { name: 'm', version: '1.0', signature: { inputs: [INPUT], outputs: [] } };
    const inputs = [{ name: 'body', contentType: 'application/json', bytes: Buffer.from('[[1, 2]]') }];
    expect(torchserveCodec.decode({ operation: 'predict', headers: [], inputs }, model).rows).toEqual([
      { body: [[1, 2]] },
    ]);
  });

  it('of another content type stays as it came', () => {
    expect(rowOf('[[1, 2]]', INPUT, 'application/octet-stream')).toEqual({ body: Buffer.from('[[1, 2]]') });
  });
});
