/** Whatever bytes come as a message of Seldon: the codecs read what was sent, give back what they read, or say 400. */
import path from 'node:path';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { SeldonCall, SeldonMethod } from '@marserve/handlers/component';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { describe, expect, it } from 'vitest';
import type { Codec } from '../../packages/server/src/protocols/codec.ts';
import { seldonCodecWith } from '../../packages/server/src/protocols/seldon/codec.ts';
import { seldonGrpcCodecWith } from '../../packages/server/src/protocols/seldon/grpc/codec.ts';
import { PROTOS } from '../helpers/grpc-client.ts';
import { mutate } from '../helpers/mutate.ts';
import { createRandom, type Random } from '../helpers/random.ts';

const seldonCodec = seldonCodecWith({});
const seldonGrpcCodec = seldonGrpcCodecWith({});

const NONE = { inputs: [], outputs: [] };
const PLAIN = { name: 'm', version: '1', signature: NONE };
const COMPONENT = { ...PLAIN, takesMessages: true };

const definitions = loadSync(path.join(PROTOS, 'seldon/prediction.proto'), {
  keepCase: true,
  includeDirs: [PROTOS],
  longs: String,
  enums: String,
  oneofs: true,
});
type AnyMethod = MethodDefinition<object, object>;
const service = definitions['seldon.protos.Generic'] as unknown as Readonly<
  Record<'TransformInput' | 'SendFeedback' | 'Aggregate', AnyMethod>
>;
const METHODS = {
  'transform-input': service.TransformInput,
  'send-feedback': service.SendFeedback,
  aggregate: service.Aggregate,
} as const satisfies Partial<Record<SeldonMethod, AnyMethod>>;
type Method = keyof typeof METHODS;

function decode(codec: Codec, bytes: Buffer, method: SeldonMethod, model: Parameters<Codec['decode']>[1] = COMPONENT) {
  const contentType = codec === seldonCodec ? 'application/json' : '';
  const inputs = [{ name: 'body', contentType, bytes }];
  return codec.decode({ operation: 'predict', headers: ['seldon-method', method], inputs }, model);
}

function read(codec: Codec, bytes: Buffer, method: SeldonMethod): unknown {
  const [{ body } = { body: undefined }] = decode(codec, bytes, method).rows;
  return (body as SeldonCall).body;
}

function write(codec: Codec, message: unknown, method: SeldonMethod): Buffer {
  const { reply } = decode(codec, codec === seldonCodec ? Buffer.from('{}') : Buffer.alloc(0), method);
  const results = [message as object];
  return Buffer.from(codec.encode({ results, overrides: [{ headers: {} }], reply }, COMPONENT).body);
}

const text = (random: Random) => random.pick(['', 'ä', 'NaN', '日本語', '__proto__', 'a b']);
const key = (random: Random) => random.pick(['', 'ä', 'nan', '日本語', '__proto__', 'a b']);
const double = (random: Random) => random.pick([0, -0, 0.1, 1e300, -5, 2 ** 53, NaN, Infinity, -Infinity]);
const list = <T>(random: Random, make: () => T, most = 3) => Array.from({ length: random.integer(0, most) }, make);
const map = <T>(random: Random, make: () => T) => Object.fromEntries(list(random, () => [key(random), make()]));

function value(random: Random, depth = 0): unknown {
  const kind = random.integer(0, depth > 3 ? 3 : 5);
  if (kind === 4) return list(random, () => value(random, depth + 1));
  if (kind === 5) return map(random, () => value(random, depth + 1));
  return [null, double(random), text(random), random.integer(0, 1) === 1][kind];
}

function data(random: Random): object {
  const names = list(random, () => text(random));
  const form = random.pick([
    { ndarray: list(random, () => value(random)) },
    { tensor: { shape: [1, -1], values: [double(random), double(random)] } },
    {
      tftensor: {
        dtype: random.pick(['DT_FLOAT', 'DT_INT64', 'DT_HALF', 'DT_STRING']),
        tensorShape: { dim: [{ size: '9007199254740993' }, { size: '2', name: 'n' }] },
        tensorContent: random.bytes(4).toString('base64'),
        floatVal: [0.5, -2],
        stringVal: [random.bytes(3).toString('base64')],
        int64Val: ['-9007199254740993'],
        uint64Val: ['18446744073709551615'],
        boolVal: [true, false],
        halfVal: [15360],
      },
    },
  ]);
  return { ...(names.length > 0 && { names }), ...form };
}

function message(random: Random): object {
  const payload = random.pick<() => object>([
    () => ({ data: data(random) }),
    () => ({ strData: text(random) }),
    () => ({ binData: random.bytes(random.integer(0, 9)).toString('base64') }),
    () => ({ jsonData: value(random) }),
    () => ({ customData: { '@type': 'type.example/mine.Own', value: random.bytes(5).toString('base64') } }),
    () => ({ customData: { '@type': 'type.googleapis.com/google.protobuf.Value', value: value(random) } }),
  ])();
  const meta = {
    puid: 'p',
    tags: { t: value(random), ...map(random, () => value(random)) },
    routing: { r: -1, ...map(random, () => random.integer(-2, 5)) },
    requestPath: { u: 'image:1', ...map(random, () => text(random)) },
    metrics: [{ key: 'k', type: random.pick(['GAUGE', 'TIMER']), value: 0.5, tags: { a: 'b' } }],
  };
  const status = { code: 202, info: 'i', reason: 'r', status: 'FAILURE' };
  return { ...(random.integer(0, 1) === 1 && { status }), ...(random.integer(0, 1) === 1 && { meta }), ...payload };
}

const MAKE: Readonly<Record<Method, (random: Random) => object>> = {
  'transform-input': message,
  'send-feedback': (random) => ({ request: message(random), response: message(random), reward: -0.5, truth: {} }),
  aggregate: (random) => ({ seldonMessages: [message(random), message(random)] }),
};

const randomMethod = (random: Random) => random.pick(Object.keys(METHODS) as Method[]);

/** What protobuf.js takes for a message: values by their kinds, fields of TensorFlow's in their own spelling. */
function forLoader(json: unknown, at = ''): unknown {
  if (at === 'jsonData') return loaderValue(json);
  if (at === 'ndarray') return { values: (json as unknown[]).map(loaderValue) };
  if (at === 'tags' && !isLabels(json)) return mapped(json as object, loaderValue);
  if (at === 'customData') return loaderAny(json as { '@type': string; value: unknown });
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((each) => forLoader(each));
  const entries = Object.entries(json).map(([name, each]) => [spelled(name), forLoader(each, name)]);
  return Object.fromEntries(entries) as object;
}

const KEPT = new Set(['binData', 'strData', 'seldonMessages', 'requestPath', 'jsonData', 'customData']);
const spelled = (name: string) =>
  KEPT.has(name) ? name : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const mapped = (object: object, make: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(object).map(([name, each]) => [name, make(each)]));
/** Those of a metric are texts. */
const isLabels = (tags: unknown) => JSON.stringify(tags) === '{"a":"b"}';

function loaderValue(json: unknown): object {
  if (json === null) return { nullValue: 0 };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(loaderValue) } };
  return { structValue: { fields: mapped(json as object, loaderValue) } };
}

function loaderAny({ '@type': type, value: content }: { '@type': string; value: unknown }): object {
  if (type.endsWith('Own')) return { type_url: type, value: content };
  // A message with this value has its bytes at the end.
  const bytes = METHODS['transform-input'].requestSerialize({ jsonData: loaderValue(content) });
  const start = bytes[1] !== undefined && bytes[1] < 0x80 ? 2 : 3;
  return { type_url: type, value: bytes.subarray(start) };
}

const inProtobuf = (json: object, method: Method) => METHODS[method].requestSerialize(forLoader(json) as object);

describe('a message in protobuf', () => {
  it('is read as its JSON, and written again: 2,000 random ones', () => {
    const random = createRandom(21);
    for (let round = 0; round < 2000; round += 1) {
      const method = randomMethod(random);
      const json = MAKE[method](random);
      const bytes = inProtobuf(json, method);
      const got = read(seldonGrpcCodec, bytes, method);
      expect(got).toEqual(json);
      if (method !== 'transform-input') continue;
      const parsed = (each: Buffer) => METHODS['transform-input'].requestDeserialize(each);
      expect(parsed(write(seldonGrpcCodec, got, method))).toEqual(parsed(bytes));
    }
  });

  it('of two fields of a choice has the last one', () => {
    const both = Buffer.concat([
      inProtobuf({ strData: 'x' }, 'transform-input'),
      inProtobuf({ binData: 'aGk=' }, 'transform-input'),
    ]);
    expect(read(seldonGrpcCodec, both, 'predict')).toEqual({ binData: 'aGk=' });
  });

  it('very deep is refused', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 200; level += 1) deep = [deep];
    const bytes = write(seldonGrpcCodec, { jsonData: deep }, 'predict');
    expect(() => read(seldonGrpcCodec, bytes, 'predict')).toThrow(/The message is no SeldonMessage: .*100 deep/);
  });

  it.each([
    [
      'a shape of texts',
      { data: { tensor: { shape: ['x'], values: [] } } },
      /data\.tensor\.shape: expected a number, got "x"/,
    ],
    ['a number for a text', { strData: 5 }, /strData: expected a text, got 5/],
    ['a list for an object', { meta: [] }, /meta: expected an object, got \[\]/],
    ['an unknown kind of metric', { meta: { metrics: [{ type: 'METER' }] } }, /COUNTER, GAUGE, TIMER, got "METER"/],
    ['custom data without a type', { customData: {} }, /"@type"/],
    ['a function', { jsonData: { f: () => 1 } }, /got function/],
  ])('that a component made wrong is an error that says where: %s', (_, answer, problem) => {
    expect(() => write(seldonGrpcCodec, answer, 'predict')).toThrow(problem);
  });
});

describe.each([
  ['protobuf', seldonGrpcCodec, inProtobuf],
  ['JSON', seldonCodec, (json: object) => Buffer.from(JSON.stringify(json))],
] as const)('a message in %s', (_, codec, encode) => {
  it('that was mutated is read, or refused with 400: 10,000', () => {
    const random = createRandom(22);
    const right = Array.from({ length: 200 }, () => {
      const method = randomMethod(random);
      return [method, encode(MAKE[method](random), method)] as const;
    });
    let refused = 0;
    for (let round = 0; round < 10_000; round += 1) {
      const [method, bytes] = random.pick(right);
      const damaged = mutate(bytes, random);
      try {
        const got = read(codec, damaged, method);
        if (codec === seldonGrpcCodec && round % 10 === 0) expect(write(codec, got, method)).toBeInstanceOf(Buffer);
        decode(codec, damaged, 'predict', PLAIN);
      } catch (error) {
        refused += 1;
        expect(error).toBeInstanceOf(PredictionError);
        expect((error as PredictionError).status).toBe(400);
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
