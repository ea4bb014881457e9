import { describe, expect, it } from 'vitest';
import { readBytes, writeBytes } from './tensor-bytes.ts';
import { bytesOf, tensor } from './tensor.ts';

describe('a tensor', () => {
  it('keeps the array of its type, and makes one of a list', () => {
    const data = Float32Array.of(1, 2);
    expect(tensor('float32', [2], data).data).toBe(data);
    expect(tensor('int64', [1, 2], [1, 2n] as bigint[]).data).toEqual(BigInt64Array.of(1n, 2n));
    expect(tensor('bool', [2], [true, false]).data).toEqual(Uint8Array.of(1, 0));
    expect(tensor('float16', [1], [1]).data).toEqual(Uint16Array.of(0x3c00));
    expect(tensor('float32', [], [1]).shape).toEqual([]);
  });

  it.each([
    ['too few elements', () => tensor('float32', [2, 2], [1, 2, 3])],
    ['another array', () => tensor('float32', [1], Float64Array.of(1))],
    ['no texts', () => tensor('string', [1], [1] as never)],
    ['no bytes', () => tensor('bytes', [1], ['a'] as never)],
  ])('is refused for %s', (_, make) => {
    expect(make).toThrow(/tensor: expected/);
  });
});

describe('bytes', () => {
  it('lie anywhere', () => {
    const bytes = new Uint8Array([0, ...new Uint8Array(Float64Array.of(1.5, -2).buffer)]).subarray(1);
    expect(readBytes({ type: 'float64', shape: [2] }, bytes).data).toEqual(Float64Array.of(1.5, -2));
  });

  it('are elements of BYTES as they were, texts or not', () => {
    const raw = tensor('bytes', [2], [Uint8Array.of(255, 0), new Uint8Array()]);
    expect(readBytes({ type: 'string', shape: [2] }, writeBytes(raw))).toEqual(raw);
    const texts = tensor('string', [2], ['\uFEFFa', 'ü']);
    expect(readBytes({ type: 'string', shape: [2] }, writeBytes(texts))).toEqual(texts);
    expect(bytesOf(texts).map(String)).toEqual(['239,187,191,97', '195,188']);
  });

  it.each([
    ['numbers', 'int32' as const, new Uint8Array(7)],
    ['a length that is cut', 'string' as const, new Uint8Array(3)],
    ['an element that is cut', 'string' as const, Uint8Array.of(9, 0, 0, 0, 1)],
    ['an element too few', 'string' as const, Uint8Array.of(0, 0, 0, 0)],
  ])('of %s that do not fit are refused', (_, type, bytes) => {
    expect(() => readBytes({ type, shape: [2] }, bytes)).toThrow(RangeError);
  });
});
