import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from '../json.ts';
import type { Dimension } from '../signature.ts';
import { createTensor, type TensorType } from './tensor.ts';
import { tensorFromJson, tensorToJson } from './tensor-json.ts';

const spec = (type: TensorType, shape: readonly Dimension[] = ['batch', 2]) => ({ name: 'x', type, shape });

describe('tensorFromJson and tensorToJson', () => {
  const examples: [TensorType, unknown][] = [
    ['float32', [[1.5, -2]]],
    ['float64', [[0.1, 1e300]]],
    ['float16', [[0.5, 65504]]],
    ['int8', [[-128, 127]]],
    ['int16', [[-32768, 32767]]],
    ['int32', [[-2147483648, 2147483647]]],
    ['int64', [[-9007199254740991, 9007199254740993n]]],
    ['uint8', [[0, 255]]],
    ['uint16', [[0, 65535]]],
    ['uint32', [[0, 4294967295]]],
    ['uint64', [[0, 18446744073709551615n]]],
    ['bool', [[true, false]]],
    ['string', [['', 'grüß']]],
    ['float32', [['NaN', '-Infinity']]],
    ['float16', [['Infinity', 'NaN']]],
    ['float64', []],
  ];

  it.each(examples)('give back a %s tensor as it came', (type, json) => {
    const shape = Array.isArray(json) && json.length === 0 ? [-1] : ['batch', 2];
    expect(tensorToJson(tensorFromJson(json, spec(type, shape)))).toEqual(json);
  });

  it('take any number of axes, and none', () => {
    const json = [[[[1], [2]]], [[[3], [4]]]];
    const tensor = tensorFromJson(json, spec('int32', [2, 1, 2, 1]));
    expect(tensor).toEqual(createTensor('int32', [2, 1, 2, 1], [1, 2, 3, 4]));
    expect(tensorToJson(tensor)).toEqual(json);
    expect(tensorToJson(tensorFromJson(7, spec('int64', [])))).toBe(7);
  });

  it('take 64-bit integers as digits, bools as 0 and 1, big integers for floats', () => {
    expect(tensorFromJson(['-9223372036854775808', '1'], spec('int64', [2])).data).toEqual(
      BigInt64Array.of(-(2n ** 63n), 1n),
    );
    expect(tensorFromJson([1, 0], spec('bool', [2])).data).toEqual(Uint8Array.of(1, 0));
    expect(tensorFromJson([null, 1], spec('float32', [2])).data).toEqual(Float32Array.of(NaN, 1));
    expect(tensorFromJson([2n ** 60n], spec('float64', [1])).data).toEqual(Float64Array.of(2 ** 60));
  });

  it('take empty lists in the shape that they would have had', () => {
    for (const [json, shape] of [
      [[[]], [1, 0, 4]],
      [
        [[], []],
        [2, 0, 4],
      ],
      [[[[], []]], [1, 2, 0]],
    ] as const) {
      const tensor = tensorFromJson(json, spec('float32', [-1, -1, shape[2]]));
      expect(tensor.shape).toEqual(shape);
      expect(tensorToJson(tensor)).toEqual(json);
    }
    expect(() => tensorFromJson([[]], spec('float32', [1, 2, 4]))).toThrow(
      'expected float32 [1, 2, 4], got shape [1, 0]',
    );
  });

  it('keep negative zeros from text to text', () => {
    for (const type of ['float32', 'float64', 'float16'] as const) {
      const text = '[[-0.0,0]]';
      expect(stringifyJson(tensorToJson(tensorFromJson(parseJson(text), spec(type))))).toBe(text);
    }
  });

  it('are exact beyond 2^53 from text to text', () => {
    const text = '[[9007199254740993,-9223372036854775808]]';
    expect(stringifyJson(tensorToJson(tensorFromJson(parseJson(text), spec('int64'))))).toBe(text);
  });
});

describe('tensorFromJson refuses, naming input, expectation and position,', () => {
  const cases: [string, TensorType, unknown, string][] = [
    ['a wrong rank', 'float32', [1, 2], 'Input "x": expected float32 [batch, 2], got shape [2]'],
    ['a wrong size', 'float32', [[1, 2, 3]], 'Input "x": expected float32 [batch, 2], got shape [1, 3]'],
    [
      'a ragged array',
      'float32',
      [[1, 2], [3]],
      'Input "x": expected float32 [batch, 2], got an array of 1 at [1] where the first one is an array of 2',
    ],
    ['a number among arrays', 'float32', [[1, 2], 3], 'got 3 at [1] where the first one is an array of 2'],
    ['an array too deep', 'float32', [[1, [2]]], 'got an array of 1 at [0][1]'],
    [
      'text for a number',
      'float32',
      [
        [1, 2],
        [3, 'four'],
      ],
      'got "four" at [1][1]',
    ],
    ['null', 'int32', [[1, null]], 'got null at [0][1]'],
    ['NUL in a string', 'string', [['a', 'b\0c']], 'got "b\\u0000c" at [0][1]; strings hold no NUL'],
    ['half of a surrogate pair', 'string', [['a', '\uD83D']], 'got "\\ud83d" at [0][1]; strings hold no NUL'],
    ['an integer that was rounded', 'int64', [[2 ** 53, 1]], 'got 9007199254740992 at [0][0]; write integers beyond'],
    ['an object', 'float32', [[{}, 1]], 'got an object at [0][0]'],
    ['no array', 'float32', 'text', 'expected float32 [batch, 2], got "text"'],
    ['an integer out of range', 'uint8', [[1, 300]], 'got 300 at [0][1]; uint8 holds integers from 0 to 255'],
    ['a fraction', 'int32', [[1.5, 2]], 'got 1.5 at [0][0]; int32 holds integers from -2147483648 to 2147483647'],
    [
      'an int64 out of range',
      'int64',
      [[2n ** 63n, 1]],
      'got 9223372036854775808 at [0][0]; int64 holds integers from -9223372036854775808',
    ],
    ['a negative uint64', 'uint64', [[-1, 1]], 'got -1 at [0][0]; uint64 holds integers from 0'],
    ['digits that are none', 'int64', [['1e3', 1]], 'got "1e3" at [0][0]'],
    ['2 for a bool', 'bool', [[2, true]], 'got 2 at [0][0]'],
    ['a number for text', 'string', [['a', 1]], 'got 1 at [0][1]'],
  ];

  it.each(cases)('%s', (_, type, json, message) => {
    expect(() => tensorFromJson(json, spec(type))).toThrow(
      expect.objectContaining({ name: 'PredictionError', status: 400 }) as Error,
    );
    expect(() => tensorFromJson(json, spec(type))).toThrow(message);
  });

  it('arrays a hundred thousand levels deep', () => {
    const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(() => tensorFromJson(deep, spec('float32'))).toThrow('Input "x": expected float32 [batch, 2], got shape');
  });
});
