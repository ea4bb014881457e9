import { describe, expect, it } from 'vitest';
import { createTensor, isTensor, splitTensor, stackTensors, viewBytes } from './tensor.ts';

describe('createTensor', () => {
  it("keeps the type's own array and converts plain lists", () => {
    const data = Float32Array.of(1, 2);
    expect(createTensor('float32', [2], data).data).toBe(data);
    expect(createTensor('int64', [2], [1, 2n] as bigint[]).data).toEqual(BigInt64Array.of(1n, 2n));
    expect(createTensor('bool', [2], [true, false]).data).toEqual(Uint8Array.of(1, 0));
    expect(createTensor('float16', [2], [1, -2]).data).toEqual(Uint16Array.of(0x3c00, 0xc000));
    expect(createTensor('string', [1], ['a']).data).toEqual(['a']);
  });

  it('refuses a number of elements that is not the product of the shape', () => {
    expect(() => createTensor('float32', [2, 2], [1, 2, 3])).toThrow('expected 4 elements for shape [2, 2], got 3');
  });

  it("refuses another type's array", () => {
    expect(() => createTensor('float32', [1], Int32Array.of(1))).toThrow(
      'expected a Float32Array for float32, got a Int32Array',
    );
  });
});

describe('stackTensors and splitTensor', () => {
  it('put tensors one behind the other along axis 0, and take them apart again', () => {
    const a = createTensor('int32', [1, 2], [1, 2]);
    const b = createTensor('int32', [2, 2], [3, 4, 5, 6]);
    const stacked = stackTensors([a, b]);
    expect(stacked).toEqual(createTensor('int32', [3, 2], [1, 2, 3, 4, 5, 6]));
    expect(splitTensor(stacked, [1, 2])).toEqual([a, b]);
  });

  it('do so for strings', () => {
    const parts = [createTensor('string', [1], ['a']), createTensor('string', [2], ['b', 'c'])];
    expect(splitTensor(stackTensors(parts), [1, 2])).toEqual(parts);
  });

  it('copy nothing where the parts lie one behind the other', () => {
    const { buffer } = Float32Array.of(1, 2, 3, 4, 5, 6);
    const part = (start: number, length: number) =>
      createTensor('float32', [length / 2, 2], new Float32Array(buffer, 4 * start, length));
    const stacked = stackTensors([part(0, 2), part(2, 4)]);
    expect(stacked).toEqual(createTensor('float32', [3, 2], [1, 2, 3, 4, 5, 6]));
    expect((stacked.data as Float32Array).buffer).toBe(buffer);
    expect(stackTensors([part(2, 4), part(0, 2)]).data).toEqual(Float32Array.of(3, 4, 5, 6, 1, 2));
    expect(stackTensors([part(0, 2), part(4, 2)]).data).toEqual(Float32Array.of(1, 2, 5, 6));
    expect(stackTensors([part(0, 4), part(2, 2)]).data).toEqual(Float32Array.of(1, 2, 3, 4, 3, 4));
  });

  it('share the memory of the whole', () => {
    const whole = createTensor('float32', [2, 1], [1, 2]);
    const [, second] = splitTensor(whole, [1, 1]);
    (whole.data as Float32Array)[1] = 7;
    expect(second?.data).toEqual(Float32Array.of(7));
  });

  it('refuse tensors that do not go together, and sizes that do not add up', () => {
    const a = createTensor('float32', [1, 2], [1, 2]);
    expect(() => stackTensors([a, createTensor('float32', [1, 3], [1, 2, 3])])).toThrow(
      'float32 [1, 3] does not go with float32 [1, 2]',
    );
    expect(() => stackTensors([a, createTensor('float64', [1, 2], [1, 2])])).toThrow('float64 [1, 2]');
    expect(() => stackTensors([createTensor('float32', [], [1]), createTensor('float32', [], [1])])).toThrow(
      RangeError,
    );
    expect(() => splitTensor(a, [2])).toThrow('expected 2 rows in [1, 2]');
  });
});

describe('viewBytes', () => {
  it('reads elements from bytes that are not aligned', () => {
    const bytes = new Uint8Array(9);
    bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
    expect(viewBytes('float32', bytes.subarray(1))).toEqual(Float32Array.of(1.5, -2));
  });
});

describe('isTensor', () => {
  it('tells tensors from other values', () => {
    expect(isTensor(createTensor('float32', [], [1]))).toBe(true);
    for (const value of [null, 1, 'x', [1], {}, { type: 'float32', shape: [1] }]) expect(isTensor(value)).toBe(false);
  });
});
