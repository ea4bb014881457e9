/** Whatever bytes come as a PredictRequest: the codec makes tensors of them that hold what was sent, or says 400. */
import { describe, expect, it } from 'vitest';
import type { ModelSignature, Tensor, TensorType } from '@marserve/handlers';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { tensorProblem } from '@marserve/handlers/tensor';
import { onnxruntimeServerCodec } from '../../packages/server/src/protocols/onnxruntime-server/codec.ts';
import { decodeAnswer, encodeRequest, type TensorMessage } from '../helpers/onnxruntime-server.ts';
import { mutate } from '../helpers/mutate.ts';
import { createRandom, type Random } from '../helpers/random.ts';

const NONE: ModelSignature = { inputs: [], outputs: [] };
const MODEL = { name: 'm', version: '1', signature: NONE };
const PROTOBUF = 'application/octet-stream';
const JSON_TYPE = 'application/json';

function decode(bytes: Buffer, contentType: string, signature = NONE) {
  const inputs = [{ name: contentType, contentType, bytes }];
  return onnxruntimeServerCodec.decode({ operation: 'predict', headers: [], inputs }, { ...MODEL, signature });
}

/** ONNX's number, the field, and random elements that the field holds. */
const TYPES: readonly (readonly [
  type: TensorType,
  number: number,
  field: string,
  make: (random: Random) => unknown,
])[] = [
  ['float32', 1, 'float_data', (random) => Math.fround(random.next() * 1e6 - 5e5)],
  ['uint8', 2, 'int32_data', (random) => random.integer(0, 255)],
  ['int8', 3, 'int32_data', (random) => random.integer(-128, 127)],
  ['uint16', 4, 'int32_data', (random) => random.integer(0, 65_535)],
  ['int16', 5, 'int32_data', (random) => random.integer(-32_768, 32_767)],
  ['int32', 6, 'int32_data', (random) => random.integer(-(2 ** 31), 2 ** 31 - 1)],
  ['int64', 7, 'int64_data', (random) => random.bytes(8).readBigInt64LE()],
  ['string', 8, 'string_data', (random) => random.pick(['', 'ä', 'abc', '"{'])],
  ['bool', 9, 'int32_data', (random) => random.integer(0, 1)],
  ['float16', 10, 'int32_data', (random) => random.integer(0, 65_535)],
  ['float64', 11, 'double_data', (random) => random.next() * 1e9],
  ['uint32', 12, 'uint64_data', (random) => random.integer(0, 2 ** 32 - 1)],
  ['uint64', 13, 'uint64_data', (random) => random.bytes(8).readBigUInt64LE()],
];

interface Sent {
  readonly type: TensorType;
  readonly field: string;
  readonly dims: readonly number[];
  readonly elements: readonly unknown[];
  readonly message: TensorMessage;
}

const isLong = (type: TensorType) => type === 'int64' || type === 'uint64';
const bytesOfText = (text: unknown) => Buffer.from(String(text));

function randomTensor(random: Random): Sent {
  const [type, data_type, field, make] = random.pick(TYPES);
  const dims = Array.from({ length: random.integer(0, 3) }, () => random.integer(0, 3));
  const count = dims.reduce((product, size) => product * size, 1);
  const elements = Array.from({ length: count }, () => make(random));
  const list = elements.map((each) => (type === 'string' ? bytesOfText(each) : isLong(type) ? String(each) : each));
  return { type, field, dims, elements, message: { dims, data_type, [field]: list } };
}

/** In the spelling of JSON, or that of the file. */
function toJson({ type, field, dims, elements, message }: Sent, random: Random): Record<string, unknown> {
  const name = (text: string) =>
    random.integer(0, 1) === 1 ? text : text.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const list = elements.map((each) => {
    if (type === 'string') return bytesOfText(each).toString('base64');
    return typeof each === 'bigint' || (isLong(type) && random.integer(0, 1) === 1) ? String(each) : each;
  });
  return { dims: dims.map(String), [name('data_type')]: message.data_type, [name(field)]: list, unknownField: [1] };
}

function randomRequest(random: Random) {
  const tensors = Array.from(
    { length: random.integer(1, 3) },
    (_, index) => [`in${index}`, randomTensor(random)] as const,
  );
  return { tensors, filter: random.integer(0, 1) === 1 ? ['y'] : [] };
}

type Requested = ReturnType<typeof randomRequest>;

const inProtobuf = ({ tensors, filter }: Requested) =>
  encodeRequest({
    inputs: Object.fromEntries(tensors.map(([name, { message }]) => [name, message])),
    output_filter: filter,
  });
const inJson = ({ tensors, filter }: Requested, random: Random) =>
  Buffer.from(
    JSON.stringify({
      inputs: Object.fromEntries(tensors.map(([name, tensor]) => [name, toJson(tensor, random)])),
      outputFilter: filter,
    }),
  );

function expectAsMeant(row: Readonly<Record<string, unknown>>, { tensors }: Requested) {
  for (const [name, { type, dims, elements }] of tensors) {
    const tensor = row[name] as Tensor;
    expect([tensor.type, tensor.shape]).toEqual([type, dims]);
    expect([...tensor.data]).toEqual(elements);
  }
}

describe('a PredictRequest', () => {
  it('is read as it was meant, 1,000 random ones in protobuf and in JSON', () => {
    expect.hasAssertions();
    const random = createRandom(11);
    for (let round = 0; round < 1000; round += 1) {
      const request = randomRequest(random);
      expectAsMeant(decode(inProtobuf(request), PROTOBUF).rows[0] as object as Record<string, unknown>, request);
      expectAsMeant(decode(inJson(request, random), JSON_TYPE).rows[0] as object as Record<string, unknown>, request);
    }
  });

  it('gives back what it takes in the fields of the answer, of every type', () => {
    const random = createRandom(12);
    for (let round = 0; round < 1000; round += 1) {
      const { tensors } = randomRequest(random);
      const { rows, reply } = decode(inProtobuf({ tensors, filter: [] }), PROTOBUF);
      const { body } = onnxruntimeServerCodec.encode({ results: rows, overrides: [{ headers: {} }], reply }, MODEL);
      const { outputs } = decodeAnswer(body);
      for (const [name, { field, dims, message }] of tensors) {
        const { data_type, dims: sizes, [field]: list } = { dims: [], [field]: [], ...outputs[name] };
        expect([data_type, sizes]).toEqual([message.data_type, dims.map(String)]);
        expect((list as unknown[]).map(String)).toEqual((message[field] as unknown[]).map(String));
      }
    }
  });

  it.each([
    ['protobuf', PROTOBUF, inProtobuf],
    ['JSON', JSON_TYPE, inJson],
  ] as const)('that was mutated is what its shapes say, or 400: 10,000 in %s', (_, contentType, write) => {
    const random = createRandom(13);
    let refused = 0;
    for (let round = 0; round < 10_000; round += 1) {
      const damaged = mutate(write(randomRequest(random), random), random);
      try {
        const { rows } = decode(damaged, contentType);
        for (const value of Object.values(rows[0] as object)) {
          if (Buffer.isBuffer(value) || Array.isArray(value)) continue;
          expect(tensorProblem(value as Tensor)).toBeUndefined();
        }
      } catch (error) {
        refused += 1;
        expect(error).toBeInstanceOf(PredictionError);
        expect((error as PredictionError).status).toBe(400);
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

const SIGNATURE: ModelSignature = {
  inputs: [{ name: 'x', type: 'float32', shape: [-1, 2] }],
  outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
};
const RIGHT = { dims: [1, 2], data_type: 1, float_data: [1, 2] };

describe('a request', () => {
  it.each<[string, object, RegExp]>([
    ['with an input that there is not', { inputs: { z: RIGHT } }, /Unknown input "z"; .* "x" FLOAT \[-1, 2\]/],
    ['without its input', {}, /Missing input "x"/],
    ['of another type', { inputs: { x: { dims: [1], data_type: 7, int64_data: [1] } } }, /expected FLOAT .*got INT64/],
    [
      'with too few elements',
      { inputs: { x: { ...RIGHT, dims: [2, 2] } } },
      /which has 4 elements; got 2 in float_data/,
    ],
    ['with a negative size', { inputs: { x: { ...RIGHT, dims: [-1] } } }, /integers from 0 on; got \[-1\]/],
    [
      'with a size that overflows',
      { inputs: { x: { ...RIGHT, dims: ['4611686018427387904', 4] } } },
      /64 dims at most/,
    ],
    [
      'of bfloat16',
      { inputs: { x: { dims: [1], data_type: 16, raw_data: Buffer.alloc(2) } } },
      /data_type of .*; got 16/,
    ],
    ['without a data_type', { inputs: { x: { dims: [1], float_data: [1] } } }, /got 0/],
    [
      'in the wrong field',
      { inputs: { x: { dims: [1], data_type: 1, double_data: [1] } } },
      /float_data; got double_data/,
    ],
    ['raw and typed', { inputs: { x: { ...RIGHT, raw_data: Buffer.alloc(8) } } }, /both raw_data and float_data/],
    ['of raw texts', { inputs: { x: { dims: [1], data_type: 8, raw_data: Buffer.from('a') } } }, /in string_data/],
    [
      'with bytes too many',
      { inputs: { x: { dims: [1], data_type: 1, raw_data: Buffer.alloc(5) } } },
      /4 bytes .*got 5/,
    ],
    ['in a file', { inputs: { x: { ...RIGHT, data_location: 1 } } }, /in a file of its client/],
    [
      'of elements too large',
      { inputs: { x: { dims: [1], data_type: 3, int32_data: [200] } } },
      /got 200 as element 0/,
    ],
    [
      'of booleans that are none',
      { inputs: { x: { dims: [1], data_type: 9, int32_data: [2] } } },
      /got 2 as element 0/,
    ],
    [
      'for an output that there is not',
      { inputs: { x: RIGHT }, output_filter: ['z'] },
      /^ONNX Runtime Status Code: 2\. Unknown output "z"/,
    ],
    ['for an output twice', { inputs: { x: RIGHT }, output_filter: ['y', 'y'] }, /"y" is in output_filter twice/],
  ])('%s is refused in both forms', (_, request, message) => {
    const json = JSON.stringify(request, (_key, value: unknown) => {
      const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
      return isBuffer ? Buffer.from((value as unknown as { data: number[] }).data).toString('base64') : value;
    });
    expect(() => decode(encodeRequest(request as never), PROTOBUF, SIGNATURE)).toThrow(message);
    expect(() => decode(Buffer.from(json), JSON_TYPE, SIGNATURE)).toThrow(message);
  });

  it.each([
    ['[]', /expected a JSON object/],
    ['{', /not JSON/],
    ['{"inputs":[]}', /an object "inputs"/],
    ['{"inputs":{"x":1}}', /an object with "dims"/],
    ['{"inputs":{"x":{"dims":2}}}', /dims: expected a list/],
    ['{"inputs":{"x":{"dims":[1.5]}}}', /dims: expected integers, got 1.5/],
    ['{"inputs":{"x":{"dataType":"FLOAT"}}}', /dataType: expected integers/],
    ['{"inputs":{"x":{"dims":["1"],"dataType":1,"floatData":[true]}}}', /floatData: expected numbers, got true/],
    ['{"inputs":{"x":{"dims":["1"],"dataType":1,"floatData":[1e300]}}}', /floatData: expected numbers/],
    ['{"inputs":{"x":{"dims":["1"],"dataType":1,"rawData":"*"}}}', /rawData: expected base64/],
    ['{"outputFilter":[1]}', /outputFilter: expected names/],
  ])('%s is refused', (json, message) => {
    expect(() => decode(Buffer.from(json), JSON_TYPE)).toThrow(message);
  });
});
