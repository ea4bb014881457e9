import { once } from 'node:events';
import { status, type ClientDuplexStream, type ClientReadableStream, type ClientUnaryCall } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO, MIRROR } from '../fixtures/handlers.ts';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import {
  call,
  createGrpcClient,
  HEALTH,
  inferenceClient,
  managementClient,
  type GrpcClient,
} from '../helpers/grpc-client.ts';
import { send } from '../helpers/http.ts';

/** Does what its input says. */
const MOODY = `
  import { PredictionError } from '@marserve/handlers';
  export default class Moody {
    handle(data, context) {
      return data.map(({ body }, index) => {
        if (String(body) === 'throw') throw new Error('the handler is upset');
        if (String(body) === 'hang') return new Promise(() => {});
        if (String(body) === 'exit') process.exit(3);
        if (String(body) === 'refuse') return new PredictionError('too blue', 429);
        context.setResponseStatus(Number(String(body)), 'So', index);
        return 'as told';
      });
    }
  }
`;

const SLOW = 'export default class Slow { handle() { return new Promise(() => {}); } }';

let daemon: Daemon;
let inference: GrpcClient;
let management: GrpcClient;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { enable_model_api: true, max_request_size: 100_000, shutdown_timeout: 5 },
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'mirror', source: MIRROR });
      await addArchive(store, { name: 'moody', source: MOODY });
      await addArchive(store, { name: 'slow', source: SLOW });
      await addArchive(store, { name: 'gate', source: GATE });
      await addArchive(store, {
        name: 'matmul',
        model: matMulModel({
          weights: [
            [1, 0.1],
            [0.3, 1],
            [1, 1],
          ],
        }),
      });
    },
  });
  await registerModels(daemon, ['echo', 'mirror', 'moody', 'slow', 'gate', 'matmul']);
  inference = inferenceClient(daemon.grpcInference);
  management = managementClient(daemon.grpcManagement);
});

afterAll(async () => {
  inference.close();
  management.close();
  await daemon.close();
});

const predict = (model_name: string, input: Readonly<Record<string, unknown>>, more: object = {}) =>
  call<{ prediction: Buffer }>(inference, 'Predictions', { model_name, input, ...more });
const bytes = (text: string) => Buffer.from(text);
const moody = (mood: string) => ({ model_name: 'moody', input: { body: bytes(mood) } });
const msgOf = async (method: string, request: object) => (await call<{ msg: string }>(management, method, request)).msg;

describe('Predictions', () => {
  it('gives the handler the inputs by name, as bytes', async () => {
    const { prediction } = await predict('mirror', { data: bytes('x'), more: bytes('y') });
    const { row, path } = JSON.parse(prediction.toString()) as Record<string, unknown>;
    expect(row).toEqual({ data: 'bytes:x', more: 'bytes:y' });
    expect(path).toBe('');
  });

  it('answers what REST answers to the same inputs, to the byte', async () => {
    const seeds = Array.from({ length: 20 }, (_, seed) => [seed / 7, -seed, Math.sqrt(seed)]);
    for (const row of seeds) {
      const body = JSON.stringify(row);
      const { prediction } = await predict('matmul', { body: bytes(body) });
      const headers = { 'content-type': 'application/json' };
      const rest = await send(`${daemon.inference}/predictions/matmul`, { method: 'POST', body, headers });
      expect(rest.status).toBe(200);
      expect(prediction.toString()).toBe(rest.text);
    }
  });

  it('takes metadata as headers, and its x-request-id', async () => {
    const metadata = { 'x-shout': 'loud', 'x-request-id': 'mine-1' };
    const answer = await call<{ prediction: Buffer }>(inference, 'Predictions', { model_name: 'mirror' }, { metadata });
    expect(JSON.parse(answer.prediction.toString())).toMatchObject({ id: 'mine-1', shout: 'loud' });
    expect(await daemon.line('"requestId":"mine-1"')).toContain('InferenceAPIsService/Predictions');
  });

  it.each([
    ['no model', { model_name: '' }, status.INVALID_ARGUMENT, 'Parameter model_name is required.'],
    ['an unknown model', { model_name: 'nobody' }, status.NOT_FOUND, 'Model not found: nobody'],
    [
      'an unknown version',
      { model_name: 'echo', model_version: '9' },
      status.NOT_FOUND,
      'Model version: 9 does not exist for model: echo',
    ],
    ['a handler that throws', moody('throw'), status.INTERNAL, 'the handler is upset'],
    ['what a handler refuses', moody('refuse'), status.RESOURCE_EXHAUSTED, 'too blue'],
    ['a status that a handler sets', moody('404'), status.NOT_FOUND, 'as told'],
    ['a worker that ends', moody('exit'), status.INTERNAL, 'orker'],
  ])('fails for %s', async (_, request, code, details) => {
    await expect(call(inference, 'Predictions', request)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(details) as string,
    });
  });

  it('fails when its deadline is over', async () => {
    const metadata = { 'x-request-id': 'late' };
    const late = call(inference, 'Predictions', { model_name: 'slow' }, { timeoutMs: 2000, metadata });
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await daemon.line('"requestId":"late"')).toMatch(/"status":(499|504)/);
  });

  it('refuses a message larger than max_request_size, and serves on', async () => {
    const large = predict('echo', { body: Buffer.alloc(100_001) });
    await expect(large).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const { prediction } = await predict('echo', { body: Buffer.alloc(99_000, 7) });
    expect(prediction.equals(Buffer.alloc(99_000, 7))).toBe(true);
  });
});

it('takes a call that its client cancels out of the queue', async () => {
  const { letGo } = await holdUp(daemon, 'gate', 'wait');
  const unary = inference.Predictions?.({ model_name: 'gate' }, () => {}) as ClientUnaryCall;
  await expect.poll(() => queueLength(daemon, 'gate')).toBe(1);
  const ended = once(unary, 'status') as Promise<[{ code: number }]>;
  unary.cancel();
  expect((await ended)[0].code).toBe(status.CANCELLED);
  await expect.poll(() => queueLength(daemon, 'gate')).toBe(0);
  await letGo();
});

it('pings', async () => {
  const ping = async () => JSON.parse((await call<{ health: string }>(inference, 'Ping')).health) as unknown;
  // A worker that was ended above may not be back yet.
  await expect.poll(ping).toEqual({ status: 'Healthy' });
});

describe('the management API', () => {
  it('lists and describes as REST does', async () => {
    const listed = (await send(`${daemon.management}/models?limit=2`)).text;
    expect(await msgOf('ListModels', { limit: 2 })).toBe(listed);
    const described = JSON.parse(await msgOf('DescribeModel', { model_name: 'echo' })) as { modelName: string }[];
    const rest = (await send(`${daemon.management}/models/echo`)).text;
    expect(described.map((each) => Object.keys(each))).toEqual(
      (JSON.parse(rest) as object[]).map((each) => Object.keys(each)),
    );
  });

  it('registers, scales, sets the default and unregisters', async () => {
    const model = { model_name: 'second' };
    const registered = await msgOf('RegisterModel', {
      ...model,
      url: 'echo.mar',
      initial_workers: 1,
      synchronous: true,
    });
    expect(registered).toBe('Model "second" Version: 1.0 registered with 1 initial workers');
    const scaled = await msgOf('ScaleWorker', { ...model, min_worker: 2, synchronous: true });
    expect(scaled).toBe('Workers scaled to 2 for model: second');
    expect(await msgOf('SetDefault', { ...model, model_version: '1.0' })).toMatch(/^Default version successfully/);
    expect(await msgOf('UnregisterModel', model)).toBe('Model "second" unregistered');
    await expect(msgOf('UnregisterModel', model)).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it.each([
    ['DescribeModel', {}, status.INVALID_ARGUMENT, 'Parameter model_name is required.'],
    ['RegisterModel', {}, status.INVALID_ARGUMENT, 'Parameter url is required.'],
    ['RegisterModel', { url: 'none.mar' }, status.NOT_FOUND, 'none.mar'],
    ['RegisterModel', { url: 'echo.mar' }, status.ABORTED, 'Model version 1.0 is already registered for model echo'],
    ['ScaleWorker', { model_name: 'echo', min_worker: 3, max_worker: 1 }, status.INVALID_ARGUMENT, 'max_worker'],
  ])('%s fails for %o', async (method, request, code, details) => {
    await expect(msgOf(method, request)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(details) as string,
    });
  });

  it('is not at the address of predictions, and they are not there', async () => {
    const strayed = managementClient(daemon.grpcInference);
    await expect(call(strayed, 'ListModels')).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    strayed.close();
  });
});

describe('health', () => {
  const check = async (service: string) => {
    const client = createGrpcClient(daemon.grpcManagement, HEALTH);
    try {
      return (await call<{ status: string }>(client, 'Check', { service })).status;
    } finally {
      client.close();
    }
  };

  it.each(['', 'echo', 'echo/1.0', 'org.pytorch.serve.grpc.management.ManagementAPIsService'])(
    'of "%s" is told',
    async (service) => expect.poll(() => check(service)).toBe('SERVING'),
  );

  it('of what is unknown is not', async () => {
    await expect(check('nobody')).rejects.toMatchObject({ code: status.NOT_FOUND });
    await expect(check('echo/9')).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it('is watched', async () => {
    const client = createGrpcClient(daemon.grpcInference, HEALTH);
    const stream = client.Watch?.({ service: 'nobody' }) as ClientReadableStream<{ status: string }>;
    const [first] = (await once(stream, 'data')) as [{ status: string }];
    expect(first.status).toBe('SERVICE_UNKNOWN');
    // Those that cancel have that as an error.
    stream.once('error', () => {});
    stream.cancel();
    client.close();
  });
});

it('reflects its services, with the files of their messages', async () => {
  const service = 'grpc.reflection.v1.ServerReflection';
  const client = createGrpcClient(daemon.grpcInference, { file: 'grpc/reflection.proto', service });
  const stream = client.ServerReflectionInfo?.() as ClientDuplexStream<object, Record<string, never>>;
  const symbol = 'org.pytorch.serve.grpc.inference.InferenceAPIsService';
  stream.write({ list_services: '' });
  stream.write({ file_containing_symbol: symbol });
  stream.write({ file_containing_symbol: 'nobody.Knows' });
  stream.end();
  const [listed, found, unknown] = await stream.toArray();
  expect(JSON.stringify(listed)).toContain(symbol);
  const files = (found as { file_descriptor_response: { file_descriptor_proto: Buffer[] } }).file_descriptor_response;
  expect(files.file_descriptor_proto.map(String).join()).toMatch(/inference\.proto[^]*google\/protobuf\/any\.proto/);
  expect(unknown).toMatchObject({ error_response: { error_code: status.NOT_FOUND } });
  client.close();
});

it('counts its calls', async () => {
  const { text } = await send(`${daemon.metrics}/metrics`);
  expect(text).toMatch(/^ts_inference_requests_total\{model_name="echo",.*\} [1-9]/m);
});
