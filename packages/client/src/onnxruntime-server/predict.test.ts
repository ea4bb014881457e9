import { describe, expect, it } from 'vitest';
import { bytesField, integerField, integersField, textField } from '../protobuf/fields.ts';
import { concatBytes } from '../tensor/tensor-bytes.ts';
import { tensor, type Tensor, type TensorType } from '../tensor/tensor.ts';
import { readPredictJson, writePredictJson } from './predict-json.ts';
import { readPredictResponse, writePredictRequest } from './predict-message.ts';

/** PredictResponse with one output, whose fields behind dims and data_type are given. */
const answer = (dataType: number, dims: readonly number[], ...fields: Uint8Array[][]) =>
  concatBytes(
    bytesField(
      1,
      concatBytes([
        ...textField(1, 'y'),
        ...bytesField(2, concatBytes([...integersField(1, dims), ...integerField(2, dataType), ...fields.flat()])),
      ]),
    ),
  );

const bytesOfFloats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** What servers answer whose clients did not send raw data. */
const TYPED: readonly (readonly [TensorType, number, Uint8Array[], Record<string, unknown>, Tensor])[] = [
  [
    'float32',
    1,
    bytesField(4, bytesOfFloats(1.5, NaN)),
    { floatData: [1.5, 'NaN'] },
    tensor('float32', [2], [1.5, NaN]),
  ],
  ['uint8', 2, integersField(5, [0, 255]), { int32Data: [0, 255] }, tensor('uint8', [2], [0, 255])],
  ['int8', 3, integersField(5, [-128, 1]), { int32_data: [-128, 1] }, tensor('int8', [2], [-128, 1])],
  ['bool', 9, integersField(5, [1, 0]), { int32Data: [1, 0] }, tensor('bool', [2], [true, false])],
  ['float16', 10, integersField(5, [0x3c00, 0]), { int32Data: [0x3c00, 0] }, tensor('float16', [2], [1, 0])],
  [
    'int64',
    7,
    integersField(7, [-(2n ** 63n), 1]),
    { int64Data: ['-9223372036854775808', 1] },
    tensor('int64', [2], [-(2n ** 63n), 1n]),
  ],
  [
    'uint32',
    12,
    integersField(11, [1, 4294967295]),
    { uint64Data: ['1', '4294967295'] },
    tensor('uint32', [2], [1, 4294967295]),
  ],
  [
    'uint64',
    13,
    integersField(11, [1n, -1n]),
    { uint64Data: ['1', '18446744073709551615'] },
    tensor('uint64', [2], [1n, 2n ** 64n - 1n]),
  ],
  [
    'string',
    8,
    [...bytesField(6, new TextEncoder().encode('ü')), ...bytesField(6, new Uint8Array())],
    { stringData: ['w7w=', ''] },
    tensor('string', [2], ['ü', '']),
  ],
  [
    'bytes',
    8,
    [...bytesField(6, Uint8Array.of(255)), ...bytesField(6, Uint8Array.of(0))],
    { stringData: ['_w==', 'AA'] },
    tensor('bytes', [2], [Uint8Array.of(255), Uint8Array.of(0)]),
  ],
];

describe('an answer with elements in fields of their own', () => {
  it.each(TYPED)('has those of %s', (_, dataType, fields, json, expected) => {
    expect(readPredictResponse(answer(dataType, [2], fields)).outputs).toEqual({ y: expected });
    const outputs = { y: { dims: ['2'], dataType, ...json } };
    expect(readPredictJson({ outputs }).outputs).toEqual({ y: expected });
  });

  it('has floats that are not packed, too', () => {
    const single = [Uint8Array.of(0x25), bytesOfFloats(1.5), Uint8Array.of(0x25), bytesOfFloats(2)];
    expect(readPredictResponse(answer(1, [2], single)).outputs).toEqual({ y: tensor('float32', [2], [1.5, 2]) });
  });

  it('leaves out what is empty', () => {
    const none = { type: 'float32', shape: [0], data: new Float32Array() };
    expect(readPredictJson({ outputs: { y: { dims: ['0'], dataType: 1 } } }).outputs).toEqual({ y: none });
    expect(readPredictJson({})).toEqual({ outputs: {} });
    expect(readPredictResponse(new Uint8Array())).toEqual({ outputs: {} });
  });
});

describe('an answer is refused', () => {
  it.each([
    [
      'of a type that no tensor has',
      answer(16, [1], bytesField(9, new Uint8Array(2))),
      /Output "y": expected a data_type/,
    ],
    ['without a type', answer(0, [1]), /data_type/],
    ['with fewer bytes than its dims', answer(1, [2], bytesField(9, new Uint8Array(4))), /expected 8 bytes/],
    ['with fewer elements than its dims', answer(1, [2], bytesField(4, bytesOfFloats(1))), /expected 2 elements/],
    ['with half an element', answer(1, [1], bytesField(4, new Uint8Array(3))), /./],
    ['with dims below 0', answer(1, [-1, -1], bytesField(4, bytesOfFloats(1))), /dims/],
  ])('%s', (_, bytes, reason) => {
    expect(() => readPredictResponse(bytes)).toThrow(reason);
  });

  it.each([
    ['outputs that are a list', { outputs: [] }],
    ['an output that is none', { outputs: { y: null } }],
    ['dims that are none', { outputs: { y: { dims: 'two', dataType: 1 } } }],
    ['no base64', { outputs: { y: { dims: ['1'], dataType: 1, rawData: '!' } } }],
    ['too few elements', { outputs: { y: { dims: ['2'], dataType: 8, stringData: [''] } } }],
    ['words for numbers', { outputs: { y: { dims: ['1'], dataType: 1, floatData: ['one'] } } }],
  ])('in JSON with %s', (_, body) => {
    expect(() => readPredictJson(body)).toThrow(RangeError);
  });
});

it('a request has scalars, and names its outputs', () => {
  const request = { inputs: { x: tensor('float64', [], [1.5]) }, outputs: ['y'] };
  expect(JSON.parse(writePredictJson(request))).toEqual({
    inputs: { x: { dims: [], dataType: 11, rawData: 'AAAAAAAA+D8=' } },
    outputFilter: ['y'],
  });
  expect(new TextDecoder().decode(writePredictRequest(request))).toMatch(/y$/);
});
