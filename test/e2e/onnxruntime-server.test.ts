/** ONNX Runtime Server's protocol over real sockets: forms, ids, errors, which model is meant, and what strangers send. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RPC_CODES } from '../../packages/server/src/protocols/rpc.ts';
import { matMulModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { call, createGrpcClient, metadataOf, REFLECTION, type GrpcClient } from '../helpers/grpc-client.ts';
import { mutate } from '../helpers/mutate.ts';
import {
  decodeAnswer,
  encodeRequest,
  ONNXRUNTIME_SERVER,
  type PredictAnswer,
  type PredictMessage,
} from '../helpers/onnxruntime-server.ts';
import { createRandom } from '../helpers/random.ts';

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const raw = (...values: number[]) => ({ dims: [1, values.length], data_type: 1, raw_data: floats(...values) });
const typed = (...values: number[]) => ({ dims: [1, values.length], data_type: 1, float_data: values });
const SUM: PredictMessage = { inputs: { a: raw(5, 3), b: raw(1, 2) } };
const DOUBLED = JSON.stringify({ inputs: { x: { dims: ['1', '2'], dataType: 1, floatData: [3, 4] } } });

let many: Daemon;
let one: Daemon;
let clients: GrpcClient[];

beforeAll(async () => {
  const double = matMulModel({
    weights: [
      [2, 0],
      [0, 2],
    ],
  });
  [many, one] = await Promise.all([
    startDaemon({
      args: ['--models', 'all'],
      fill: async (store) => {
        await writeFile(path.join(store, 'double.onnx'), double);
        await writeFile(path.join(store, 'sum.onnx'), sumAndDifferenceModel(['batch', 2]));
      },
    }),
    startDaemon({
      args: ['--profile', 'onnxruntime-server', '--models', 'double.onnx'],
      fill: (store) => writeFile(path.join(store, 'double.onnx'), double),
    }),
  ]);
  clients = [many, one].map(({ grpcInference }) => createGrpcClient(grpcInference, ONNXRUNTIME_SERVER));
});

afterAll(async () => {
  for (const client of clients ?? []) client.close();
  await Promise.all([many?.close(), one?.close()]);
});

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

async function ask(url: string, body: Uint8Array | string, headers: Record<string, string> = {}): Promise<Answered> {
  // Without a content type, fetch would say that of a text.
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const answer = await fetch(url, { method: 'POST', body: bytes, headers });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const predict = (body: Uint8Array | string, headers: Record<string, string>, model = 'sum') =>
  ask(`${many.inference}/v1/models/${model}/versions/1:predict`, body, headers);

const JSON_TYPE = 'application/json';
const VENDOR = 'application/vnd.google.protobuf';

describe('a prediction over REST', () => {
  it.each(['application/octet-stream', VENDOR, 'application/x-protobuf'])(
    'is asked and answered in %s',
    async (type) => {
      const { status, headers, bytes } = await predict(encodeRequest(SUM), { 'content-type': type, accept: type });
      expect([status, headers.get('content-type')]).toEqual([200, type]);
      expect(decodeAnswer(bytes).outputs).toEqual({
        sum: { dims: ['1', '2'], data_type: 1, raw_data: floats(6, 5) },
        difference: { dims: ['1', '2'], data_type: 1, raw_data: floats(4, 1) },
      });
    },
  );

  it.each([
    [undefined, 'application/octet-stream'],
    ['*/*', 'application/octet-stream'],
    ['application/*;q=0.5', 'application/octet-stream'],
    [JSON_TYPE, JSON_TYPE],
    ['text/html, Application/JSON; q=0.9', JSON_TYPE],
    [VENDOR, VENDOR],
  ])('with the header Accept %s is answered in %s', async (accept, expected) => {
    const headers = { 'content-type': `${JSON_TYPE}; charset=utf-8`, accept: accept ?? '' };
    const answer = await predict(DOUBLED, headers, 'double');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expected]);
    const inJson = { dims: ['1', '2'], dataType: 1, floatData: [6, 8] };
    if (expected === JSON_TYPE) expect(JSON.parse(String(answer.bytes))).toEqual({ outputs: { y: inJson } });
    else expect(decodeAnswer(answer.bytes).outputs.y).toMatchObject({ dims: ['1', '2'], float_data: [6, 8] });
  });

  it('has typed elements in its answer when one input has, and only the outputs that are wanted', async () => {
    const request = { inputs: { a: raw(5, 3), b: typed(1, 2) }, output_filter: ['difference'] };
    const { bytes } = await predict(encodeRequest(request), { 'content-type': VENDOR });
    expect(decodeAnswer(bytes).outputs).toEqual({ difference: { dims: ['1', '2'], data_type: 1, float_data: [4, 1] } });
  });

  it('has ids on its answer, whatever that is', async () => {
    const id = /^[\w-]{36}$/;
    const headers = { 'content-type': VENDOR, 'x-ms-client-request-id': 'mine, 1' };
    const answers = [
      await predict(encodeRequest(SUM), headers),
      await predict('?', headers),
      await predict(encodeRequest(SUM), headers, 'nobody'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 404]);
    for (const { headers: given } of answers) {
      expect(given.get('x-ms-request-id')).toMatch(id);
      expect(given.get('x-ms-client-request-id')).toBe('mine, 1');
    }
    const { headers: without } = await predict('?', { 'content-type': VENDOR });
    expect(without.get('x-ms-client-request-id')).toBeNull();
  });

  it.each([
    [{}, 400, /Missing or unknown 'Content-Type' header field .* got none/],
    [{ 'content-type': 'text/plain' }, 400, /Missing or unknown 'Content-Type' .* got "text\/plain"/],
    [{ 'content-type': VENDOR, accept: 'text/html' }, 400, /Unknown 'Accept' header field .* got "text\/html"/],
    [{ 'content-type': JSON_TYPE }, 400, /The body is not JSON/],
    [{ 'content-type': VENDOR }, 400, /The message is no PredictRequest/],
  ])('with %j and nonsense is %i', async (headers, status, message) => {
    const answer = await predict('\u0007?', headers);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, JSON_TYPE]);
    expect(String(answer.bytes)).toMatch(/\}\n$/);
    expect(JSON.parse(String(answer.bytes))).toEqual({
      error_code: status,
      error_message: expect.stringMatching(message),
    });
  });

  it('of another verb is one as well', async () => {
    for (const verb of ['classify', 'regress', 'predict']) {
      const url = `${many.inference}/v1/models/sum:${verb}`;
      const { status } = await ask(url, encodeRequest(SUM), { 'content-type': 'application/x-protobuf' });
      expect([verb, status]).toEqual([verb, 200]);
    }
  });

  it('leaves the V1 protocol of KServe its own bodies', async () => {
    const url = `${many.inference}/v1/models/double:predict`;
    for (const type of [JSON_TYPE, 'application/octet-stream', 'text/plain']) {
      const { bytes } = await ask(url, type === 'text/plain' ? 'x' : '{"instances":[[1,2]]}', { 'content-type': type });
      const expected = type === 'text/plain' ? { error: expect.any(String) as string } : { predictions: [[2, 4]] };
      expect(JSON.parse(String(bytes))).toEqual(expected);
    }
    expect(await (await fetch(many.inference)).json()).toEqual({ status: 'alive' });
    const wrong = await ask(url, '?', { 'content-type': VENDOR });
    expect(JSON.parse(String(wrong.bytes))).toMatchObject({ error_code: 400 });
  });
});

describe('a prediction over gRPC', () => {
  const predictGrpc = (index: number, request: unknown, metadata = {}) =>
    call<PredictAnswer>(clients[index] as GrpcClient, 'Predict', request, { metadata });

  it('is for the model of its metadata, or for the only one', async () => {
    const { outputs } = await predictGrpc(0, SUM, { 'model-name': 'sum', 'model-version': '1' });
    expect(outputs.sum).toMatchObject({ dims: ['1', '2'], raw_data: floats(6, 5) });
    const doubled = await predictGrpc(1, { inputs: { x: typed(1, 2) } });
    expect(doubled.outputs.y).toMatchObject({ data_type: 1, float_data: [2, 4] });
  });

  it.each([
    [0, SUM, {}, 'INVALID_ARGUMENT', /names no model, and 2 are served/],
    [0, SUM, { 'model-name': 'none' }, 'NOT_FOUND', /none/],
    [0, SUM, { 'model-name': 'sum', 'model-version': '9' }, 'NOT_FOUND', /9/],
    [1, SUM, {}, 'INVALID_ARGUMENT', /^ONNX Runtime Status Code: 2\. Unknown input "a"/],
  ] as const)('of server %i with %j and %j is %s', async (index, request, metadata, code, message) => {
    const refusal: unknown = await predictGrpc(index, request, metadata).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: RPC_CODES[code], details: expect.stringMatching(message) as string });
  });

  it('has ids in the metadata of its answer', async () => {
    const client = clients[1] as GrpcClient;
    const metadata = await new Promise<{ get(name: string): unknown[] }>((resolve, reject) => {
      const sent = metadataOf({ 'x-ms-client-request-id': 'mine' });
      const running = client.Predict?.(
        { inputs: { x: raw(1, 2) } },
        sent,
        (error: Error | null) => error && reject(error),
      );
      (running as { on(event: string, listener: (metadata: never) => void): void }).on('metadata', resolve);
    });
    expect(metadata.get('x-ms-client-request-id')).toEqual(['mine']);
    expect(metadata.get('x-ms-request-id')).toEqual([expect.stringMatching(/^[\w-]{36}$/)]);
  });

  it('is found by reflection', async () => {
    const client = createGrpcClient(one.grpcInference, REFLECTION);
    const stream = client.ServerReflectionInfo?.() as NodeJS.ReadWriteStream & { end(request: object): void };
    stream.end({ file_containing_symbol: ONNXRUNTIME_SERVER.service });
    const answers: unknown[] = [];
    for await (const answer of stream) answers.push(answer);
    expect(answers).toMatchObject([{ file_descriptor_response: { file_descriptor_proto: [{}, {}, {}] } }]);
    client.close();
  });
});

describe('a server in its profile', () => {
  it('takes any name and version for its only model', async () => {
    const places = [
      'v1/models/any:predict',
      'v1/models/x/versions/7:predict',
      'v1/models/double/versions/1:predict',
      'score',
    ];
    for (const place of places) {
      const { status, bytes } = await ask(`${one.inference}/${place}`, DOUBLED, {
        'content-type': JSON_TYPE,
        accept: JSON_TYPE,
      });
      expect([place, status, String(bytes)]).toEqual([place, 200, expect.stringContaining('"floatData":[6,8]')]);
    }
    const { status } = await ask(`${one.inference}/score`, DOUBLED);
    expect(status).toBe(400);
  });

  it('says that it is healthy, and fails in its words', async () => {
    const health = await fetch(one.inference);
    expect([health.status, await health.text()]).toEqual([200, 'Healthy']);
    expect(health.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const answers = [await fetch(`${one.inference}/nowhere`), await fetch(`${one.inference}/score`, { method: 'PUT' })];
    for (const answer of answers) {
      expect(await answer.json()).toEqual({ error_code: answer.status, error_message: expect.any(String) as string });
      expect(answer.headers.get('x-ms-request-id')).toMatch(/^[\w-]{36}$/);
    }
    expect(answers.map(({ status }) => status)).toEqual([404, 405]);
  });

  it('speaks the other protocols, too', async () => {
    const infer = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
    const oip = await ask(`${one.inference}/v2/models/double/infer`, JSON.stringify(infer), {
      'content-type': JSON_TYPE,
    });
    expect(JSON.parse(String(oip.bytes))).toMatchObject({ outputs: [{ data: [2, 4] }] });
  });
});

it('a server whose only model could not be loaded says so, whatever name is asked for', async () => {
  const broken = await startDaemon({
    args: ['--profile', 'onnxruntime-server', '--models', 'broken.onnx'],
    fill: (store) => writeFile(path.join(store, 'broken.onnx'), 'no model'),
  });
  try {
    const { status, bytes } = await ask(`${broken.inference}/v1/models/any:predict`, DOUBLED, {
      'content-type': JSON_TYPE,
    });
    expect([status, JSON.parse(String(bytes))]).toEqual([
      503,
      { error_code: 503, error_message: expect.stringContaining('No model can serve') as string },
    ]);
  } finally {
    await broken.close();
  }
});

it('stays as it is whatever 300 clients send', async () => {
  const random = createRandom(21);
  const [right] = [encodeRequest({ inputs: { x: random.integer(0, 1) === 1 ? raw(1, 2) : typed(1, 2) } })];
  const statuses = new Set<number>();
  for (let round = 0; round < 300; round += 1) {
    const isJson = round % 3 === 0;
    const body = mutate(isJson ? Buffer.from(DOUBLED) : right, random);
    const { status, bytes } = await ask(`${one.inference}/score`, body, {
      'content-type': isJson ? JSON_TYPE : VENDOR,
    });
    statuses.add(status);
    if (status === 400) expect(JSON.parse(String(bytes))).toMatchObject({ error_code: 400 });
    else expect(decodeAnswer(bytes).outputs.y?.data_type).toBe(1);
  }
  expect(statuses).toEqual(new Set([200, 400]));
  const { bytes } = await ask(`${one.inference}/score`, DOUBLED, { 'content-type': JSON_TYPE, accept: JSON_TYPE });
  expect(String(bytes)).toContain('[6,8]');
});
