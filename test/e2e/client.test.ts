/** @marserve/client against a real daemon: every protocol that it speaks. */
import { createV2GrpcClient } from '@marserve/client/grpc';
import {
  ClientError,
  createTorchServeClient,
  createV1Client,
  createV2Client,
  fromHalf,
  tensor,
  toHalf,
  type Tensor,
} from '@marserve/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addIdentities } from '../fixtures/identity-archives.ts';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { STREAMER } from '../fixtures/streamer.ts';
import { VALUES } from '../fixtures/tensor-values.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon();
  await addArchive(daemon.store, { name: 'price', model: HOUSE_PRICE });
  await addArchive(daemon.store, { name: 'echo', source: ECHO });
  await addArchive(daemon.store, { name: 'streamer', source: STREAMER });
  await registerModels(daemon, ['price', 'echo', 'streamer', ...(await addIdentities(daemon.store))]);
});
afterAll(() => daemon?.close());

const HOUSES = { inputs: { features: tensor('float32', [2, 3], [80, 3, 12, 60, 2, 40]) } };
const PRICES = { type: 'float32', shape: [2, 1], data: Float32Array.of(258, 160) };

describe.each([
  ['REST, as bytes', () => createV2Client(daemon.inference, { tensors: 'binary' })],
  ['REST, as JSON', () => createV2Client(daemon.inference, { tensors: 'json' })],
  ['REST, as the server takes it', () => createV2Client(daemon.inference)],
  ['gRPC', () => createV2GrpcClient(daemon.grpcInference)],
])('the Open Inference Protocol over %s', (_, open) => {
  it('runs a model', async () => {
    const client = open();
    const answer = await client.infer('price', { id: 'mine', ...HOUSES });
    expect(answer).toEqual({
      modelName: 'price',
      modelVersion: '1.0',
      id: 'mine',
      parameters: {},
      outputs: { price: PRICES },
    });
    await client.close();
  });

  it.each(Object.keys(VALUES))('carries %s without loss', async (datatype) => {
    const client = open();
    const x = VALUES[datatype] as Tensor;
    expect((await client.infer(`same_${datatype}`, { inputs: { x } })).outputs).toEqual({ y: x });
    await client.close();
  });

  it('asks for outputs, versions and parameters', async () => {
    const client = open();
    const outputs = [{ name: 'price', parameters: { classification: 1 } }];
    const answer = await client.infer({ name: 'price', version: '1.0' }, { ...HOUSES, outputs });
    expect(answer.outputs['price']?.data).toEqual(['258.000000:0', '160.000000:0']);
    await client.close();
  });

  it('tells of server and models', async () => {
    const client = open();
    expect(await client.isLive()).toBe(true);
    expect(await client.isReady()).toBe(true);
    expect(await client.isModelReady('price')).toBe(true);
    expect(await client.isModelReady({ name: 'price', version: '9' })).toBe(false);
    expect(await client.isModelReady('nobody')).toBe(false);
    expect(await client.serverMetadata()).toMatchObject({ name: 'marserve', extensions: expect.any(Array) });
    expect(await client.modelMetadata('price')).toMatchObject({
      name: 'price',
      versions: ['1.0'],
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }],
      outputs: [{ name: 'price', datatype: 'FP32', shape: [-1, 1] }],
    });
    await client.close();
  });

  it('says what the server says of an error', async () => {
    const client = open();
    const x = tensor('float32', [1, 2], [1, 2]);
    const error = await client.infer('price', { inputs: { features: x } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ kind: 'status', message: expect.stringContaining('features') });
    expect((error as ClientError).message).toContain((error as ClientError).host);
    await expect(client.infer('nobody', HOUSES)).rejects.toThrow(/nobody/);
    await expect(client.infer('price', { inputs: { x: { ...PRICES, data: [] } as never } })).rejects.toThrow(/"x"/);
    await client.close();
  });
});

describe('the model repository', () => {
  it.each([
    ['REST', () => createV2Client(daemon.management)],
    ['gRPC', () => createV2GrpcClient(daemon.grpcManagement)],
  ])('is managed over %s', async (name, open) => {
    const client = open();
    const model = `repository-${name}`;
    await addArchive(daemon.store, { name: model, source: ECHO });
    await client.loadModel(model);
    expect(await client.repositoryIndex()).toContainEqual({ name: model, version: '1.0', state: 'READY', reason: '' });
    await client.unloadModel(model);
    expect(await client.repositoryIndex()).not.toContainEqual(expect.objectContaining({ name: model, state: 'READY' }));
    await client.close();
  });
});

describe('answers in parts', () => {
  it('come from TorchServe’s predictions as they are made', async () => {
    const client = createTorchServeClient(daemon.inference);
    let text = '';
    for await (const part of client.predictStream('streamer', 'count 5')) text += new TextDecoder().decode(part);
    expect(text).toBe('0;1;2;3;4;');
    const parts = client.predictStream('streamer', 'broken');
    expect(new TextDecoder().decode((await parts.next()).value ?? undefined)).toBe('first');
    await expect(parts.next()).rejects.toMatchObject({ kind: 'connection' });
    await expect(client.predictStream('nobody', 'x').next()).rejects.toMatchObject({ kind: 'status', status: 404 });
    await client.close();
  });

  it('come as events of generate_stream', async () => {
    const client = createV2Client(daemon.inference);
    const events: unknown[] = [];
    for await (const event of client.generateStream('price', { features: [80, 3, 12] })) events.push(event);
    expect(events).toEqual([{ model_name: 'price', model_version: '1.0', price: 258 }]);
    expect(await client.generate('price', { features: Float32Array.of(80, 3, 12) })).toMatchObject({ price: 258 });
    await expect(client.generateStream('price', { features: [1] }).next()).rejects.toMatchObject({ status: 400 });
    await client.close();
  });

  it('come as messages of gRPC, while requests are sent', async () => {
    const client = createV2GrpcClient(daemon.grpcInference);
    const answers: string[] = [];
    for await (const { id, outputs } of client.inferStream(requests())) {
      answers.push(`${id} ${String(outputs['price']?.data)}`);
    }
    expect(answers.sort()).toEqual(['0 258,160', '1 258,160', '2 258,160']);
    await expect(client.inferStream([{ model: 'nobody', ...HOUSES }]).next()).rejects.toMatchObject({ kind: 'status' });
    await client.close();

    async function* requests() {
      for (const id of ['0', '1', '2']) yield { model: 'price', id, ...HOUSES };
    }
  });
});

describe('TorchServe’s inference API', () => {
  it('takes and gives values of JSON, texts, bytes and forms', async () => {
    const client = createTorchServeClient(daemon.inference);
    expect(await client.predict('price', [[80, 3, 12]])).toEqual([[258]]);
    expect(await client.predict('price', new Uint8Array(Float32Array.of(80, 3, 12).buffer))).toEqual([[258]]);
    expect(await client.predict({ name: 'echo', version: '1.0' }, 'a text')).toMatch(/a text/);
    const form = new FormData();
    form.set('features', '[80, 3, 12]');
    expect(await client.predict('price', form)).toEqual([258]);
    expect(await client.isHealthy()).toBe(true);
    await expect(client.explain('price', [[80, 3, 12]])).rejects.toMatchObject({ kind: 'status', status: 501 });
    await client.close();
  });

  it('gives the head of an answer', async () => {
    const client = createTorchServeClient(daemon.inference, { headers: { 'X-Marserve-Timing': '1' } });
    const heads: unknown[] = [];
    const forward = { 'X-Request-Id': 'mine', cookie: 'secret' };
    await client.predict('price', [[80, 3, 12]], { forward, onResponse: (head) => heads.push(head) });
    expect(heads).toEqual([
      {
        host: daemon.inference,
        status: 200,
        headers: expect.objectContaining({ 'x-request-id': 'mine', 'server-timing': expect.stringMatching(/^queue/) }),
      },
    ]);
    await client.close();
  });
});

describe('KServe V1', () => {
  it('predicts and tells of models', async () => {
    const client = createV1Client(daemon.inference);
    expect(await client.predict('price', { instances: [[80, 3, 12], Float32Array.of(60, 2, 40)] })).toEqual({
      predictions: [[258], [160]],
    });
    expect(await client.isLive()).toBe(true);
    expect(await client.isModelReady('price')).toBe(true);
    expect(await client.isModelReady('nobody')).toBe(false);
    expect(await client.listModels()).toContain('price');
    await expect(client.predict('nobody', { instances: [] })).rejects.toMatchObject({
      kind: 'status',
      status: 404,
      host: daemon.inference,
      text: expect.stringContaining('nobody'),
    });
    await client.close();
  });
});

it('halves are numbers again', () => {
  expect([...fromHalf(toHalf([0.5, 65504, -2]))]).toEqual([0.5, 65504, -2]);
});
