import { describe, expect, it } from 'vitest';
import { createTensor } from '../tensor/tensor.ts';
import { combine } from './combine.ts';

const floats = (...rows: number[][]) => ({ inputs: { y: createTensor('float32', [rows.length, 2], rows.flat()) } });

describe('a vote', () => {
  it('of tensors is tensors, each row that which most gave, of several the first', () => {
    const [one, two, three] = [floats([1, 2], [3, 4]), floats([5, 6], [7, 8]), floats([0, 0], [7, 8])];
    expect(
      combine('vote', [
        ['one', one],
        ['two', two],
        ['three', three],
      ]),
    ).toEqual(floats([1, 2], [7, 8]));
  });

  it('of integers of 64 bits is exact', () => {
    const answer = (value: bigint) => ({ inputs: { y: createTensor('int64', [1], BigInt64Array.of(value)) } });
    const [odd, even] = [answer(2n ** 60n + 1n), answer(2n ** 60n)];
    expect(
      combine('vote', [
        ['a', odd],
        ['b', even],
        ['c', even],
      ]),
    ).toEqual(even);
  });

  it('of tensors that are not alike is one of rows', () => {
    const doubles = { inputs: { z: createTensor('float64', [1, 2], [1, 2]) } };
    expect(
      combine('vote', [
        ['a', floats([1, 2])],
        ['b', { instances: [[3, 4]] }],
        ['c', doubles],
      ]),
    ).toEqual({ instances: [[1, 2]] });
  });
});
