import { describe, expect, it } from 'vitest';
import { numericShape } from './nested-lists.ts';
import { payloadOf } from './payload.ts';
import { replyMessage } from './reply-message.ts';

const data = (value: unknown) => payloadOf({ data: value }).value;
const tensor = (shape: readonly unknown[], values: readonly unknown[]) => data({ tensor: { shape, values } });

describe('a tensor', () => {
  it.each([
    [
      [2, 3],
      [1, 2, 3, 4, 5, 6],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      [-1, 2],
      [1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [[3], [1, 2, 3], [1, 2, 3]],
    [
      [2, 1, 2],
      [1, 2, 3, 4],
      [[[1, 2]], [[3, 4]]],
    ],
    [[0, 4], [], []],
    [[2, 0], [], [[], []]],
    [[1], ['NaN'], [NaN]],
  ])('of shape %j is nested lists', (shape, values, lists) => {
    expect(tensor(shape, values)).toEqual(lists);
  });

  it.each([
    [[2], [1]],
    [[-1, -1], [1]],
    [[-1, 0], []],
    [[1.5], [1]],
    [['a'], [1]],
    [[-2], [1, 2]],
    [[], []],
    [[1e6, 0], []],
  ])('whose values do not fill its shape is refused: %j of %j', (shape, values) => {
    expect(() => tensor(shape, values)).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe("a tensor of TensorFlow's", () => {
  const dims = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) });
  const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer).toString('base64');
  it.each([
    ['DT_FLOAT', { tensorContent: bytes(Float32Array.of(1.5, 2)) }, [1.5, 2]],
    ['DT_HALF', { tensorContent: bytes(Uint16Array.of(0x3c00, 0xc000)) }, [1, -2]],
    ['DT_INT64', { tensorContent: bytes(BigInt64Array.of(5n, -6n)) }, [5, -6]],
    ['DT_BOOL', { tensorContent: bytes(Uint8Array.of(1, 0)) }, [true, false]],
    ['DT_INT64', { int64Val: ['7', '8'] }, [7, 8]],
    ['DT_DOUBLE', { double_val: [1] }, [1, 1]],
    ['DT_STRING', { stringVal: ['aGk=', 'eA=='] }, ['hi', 'x']],
    ['DT_BOOL', { boolVal: [true, false] }, [true, false]],
  ])('is read: %s %j', (dtype, elements, lists) => {
    expect(data({ tftensor: { dtype, tensorShape: dims(2), ...elements } })).toEqual(lists);
    expect(data({ tftensor: { dtype, tensor_shape: dims(2), ...elements } })).toEqual(lists);
  });

  it('of no axis is one value', () => {
    expect(data({ tftensor: { dtype: 'DT_INT32', intVal: [3] } })).toBe(3);
  });
});

describe('lists', () => {
  it.each([
    [[1, 2], [2]],
    [
      [[1], [2]],
      [2, 1],
    ],
    [[[1], [2, 3]], undefined],
    [[1, 'a'], undefined],
    [[true], undefined],
    [[1, [2]], undefined],
    [1, undefined],
  ])('of numbers have a shape: %j', (lists, shape) => {
    expect(numericShape(lists)).toEqual(shape);
  });
});

describe('an answer', () => {
  const form = (value: unknown, request: object) => Object.keys(replyMessage(value, request, {}).data ?? {});
  it.each([
    [[[1, 2]], { data: { ndarray: [] } }, ['names', 'ndarray']],
    [[[1, 2]], { data: { tensor: {} } }, ['names', 'tensor']],
    [[[1, 2]], { data: { tftensor: {} } }, ['names', 'tftensor']],
    [[[1, 2]], { strData: '' }, ['names', 'tensor']],
    [[['a']], { data: { tensor: {} } }, ['names', 'ndarray']],
    [[[1], [2, 3]], { strData: '' }, ['names', 'ndarray']],
  ])('of %j has the form of the request %j', (value, request, keys) => {
    expect(form(value, request)).toEqual(keys);
  });

  it('may be a tensor, and a typed array', () => {
    const request = { data: { ndarray: [] } };
    expect(replyMessage({ type: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) }, request, {}).data).toEqual({
      names: ['t:0', 't:1'],
      ndarray: [[1, 2]],
    });
    expect(replyMessage(Float64Array.of(1), request, {}).data).toEqual({ names: [], ndarray: [1] });
  });
});
