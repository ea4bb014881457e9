/** @marserve/client against a real daemon: TorchServe's gRPC and management, ONNX Runtime Server and kibae's sessions. */
import {
  createManagementClient,
  createOnnxRuntimeServerClient,
  createSessionsClient,
  tensor,
  type Tensor,
} from '@marserve/client';
import {
  createManagementGrpcClient,
  createOnnxRuntimeServerGrpcClient,
  createTorchServeGrpcClient,
} from '@marserve/client/grpc';
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
  await addArchive(daemon.store, { name: 'streamer', source: STREAMER });
  await registerModels(daemon, ['price', 'streamer', ...(await addIdentities(daemon.store))]);
});
afterAll(() => daemon?.close());

const HOUSES = { inputs: { features: tensor('float32', [2, 3], [80, 3, 12, 60, 2, 40]) } };
const PRICES = { type: 'float32', shape: [2, 1], data: Float32Array.of(258, 160) };

describe.each([
  ['REST, in protobuf', () => createOnnxRuntimeServerClient(daemon.inference)],
  ['REST, in JSON', () => createOnnxRuntimeServerClient(daemon.inference, { bodies: 'json' })],
  ['gRPC', () => createOnnxRuntimeServerGrpcClient(daemon.grpcInference)],
])('ONNX Runtime Server’s protocol over %s', (_, open) => {
  const model = { name: 'price', version: '1.0' };

  it('runs a model', async () => {
    const client = open();
    expect(await client.predict({ model, ...HOUSES })).toEqual({ outputs: { price: PRICES } });
    expect(await client.predict({ model, ...HOUSES, outputs: ['price'] })).toEqual({ outputs: { price: PRICES } });
    expect(await client.isHealthy()).toBe(true);
    await client.close();
  });

  it.each(Object.keys(VALUES))('carries %s without loss', async (datatype) => {
    const client = open();
    const x = VALUES[datatype] as Tensor;
    const same = { name: `same_${datatype}`, version: '1.0' };
    expect((await client.predict({ model: same, inputs: { x } })).outputs).toEqual({ y: x });
    await client.close();
  });

  it('says what the server says of an error', async () => {
    const client = open();
    const features = tensor('float32', [1, 2], [1, 2]);
    const wrong = client.predict({ model, inputs: { features } });
    await expect(wrong).rejects.toMatchObject({ kind: 'status', message: expect.stringContaining('features') });
    const unknown = client.predict({ model, ...HOUSES, outputs: ['cost'] });
    await expect(unknown).rejects.toMatchObject({ kind: 'status', message: expect.stringContaining('cost') });
    await expect(client.predict({ model: 'nobody', ...HOUSES })).rejects.toMatchObject({ kind: 'status' });
    await expect(client.predict({ model, inputs: { x: { ...PRICES, data: [] } as never } })).rejects.toThrow(/"x"/);
    await client.close();
  });
});

describe('TorchServe’s inference API over gRPC', () => {
  const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

  it('takes and gives bytes', async () => {
    const client = createTorchServeGrpcClient(daemon.grpcInference);
    expect(text(await client.predict('price', '[[80, 3, 12]]'))).toBe('[[258]]');
    const raw = new Uint8Array(Float32Array.of(60, 2, 40).buffer);
    expect(text(await client.predict({ name: 'price', version: '1.0' }, raw))).toBe('[[160]]');
    expect(text(await client.predict('price', { features: raw }))).toBe('[[160]]');
    expect(await client.isHealthy()).toBe(true);
    await expect(client.predict('nobody', '')).rejects.toMatchObject({
      kind: 'status',
      host: `http://${daemon.grpcInference}`,
      message: expect.stringContaining('nobody'),
    });
    await client.close();
  });

  it('gives an answer in parts, which ends when its reader leaves', async () => {
    const client = createTorchServeGrpcClient(daemon.grpcInference);
    const parts: string[] = [];
    for await (const part of client.predictStream('streamer', { body: 'count 3' })) parts.push(text(part));
    expect(parts.join('')).toBe('0;1;2;');
    for await (const part of client.predictStream('streamer', { body: 'count 1000000' })) {
      expect(text(part)).toMatch(/^0/);
      break;
    }
    await expect(client.predictStream('nobody', '').next()).rejects.toMatchObject({ kind: 'status' });
    await client.close();
  });

  it('tells in a stream what failed, and goes on', async () => {
    const client = createTorchServeGrpcClient(daemon.grpcInference);
    const answers: unknown[] = [];
    for await (const { prediction, sequenceId, error } of client.predictSequence(requests())) {
      answers.push([sequenceId, text(prediction), error?.kind]);
    }
    expect(answers).toHaveLength(3);
    expect(answers).toEqual(
      expect.arrayContaining([
        ['a', '[[258]]', undefined],
        ['b', '', 'status'],
        ['c', '[[160]]', undefined],
      ]),
    );
    await client.close();

    async function* requests() {
      yield { model: 'price', input: '[[80, 3, 12]]', sequenceId: 'a' };
      yield { model: 'price', input: '[[80, 3]]', sequenceId: 'b' };
      yield { model: 'price', input: '[[60, 2, 40]]', sequenceId: 'c' };
    }
  });
});

describe('kibae’s session API', () => {
  const session = { model: 'price', version: '1.0' };

  it('executes sessions with lists and tensors', async () => {
    const client = createSessionsClient(daemon.inference);
    expect(await client.predict(session, { features: [[80, 3, 12], [60, 2, 40]] })).toEqual({ price: PRICES }); // prettier-ignore
    expect(await client.predict(session, HOUSES.inputs)).toEqual({ price: PRICES });
    await expect(client.predict(session, { features: [[1]] })).rejects.toMatchObject({ kind: 'status', status: 400 });
    await client.close();
  });

  it.each(Object.keys(VALUES).filter((datatype) => datatype !== 'FP16'))(
    'carries %s without loss',
    async (datatype) => {
      const client = createSessionsClient(daemon.inference);
      const same = { model: `same_${datatype}`, version: '1.0' };
      const x = finite(VALUES[datatype] as Tensor);
      expect(await client.predict(same, { x })).toEqual({ y: x });
      await client.close();
    },
  );

  it('tells of sessions', async () => {
    const client = createSessionsClient(daemon.inference);
    const described = {
      ...session,
      inputs: { features: { type: 'float32', shape: [-1, 3] } },
      outputs: { price: { type: 'float32', shape: [-1, 1] } },
    };
    expect(await client.describe(session)).toMatchObject(described);
    expect(await client.list()).toContainEqual(expect.objectContaining(described));
    expect(await client.version()).toMatch(/^\d+\.\d+/);
    expect(await client.isHealthy()).toBe(true);
    await expect(client.describe({ model: 'nobody', version: 1 })).rejects.toMatchObject({ status: 404 });
    await client.close();
  });

  it('creates and destroys them', async () => {
    const client = createSessionsClient(daemon.management);
    await addArchive(daemon.store, { name: 'created', model: HOUSE_PRICE });
    const created = { model: 'created', version: '1.0' };
    expect(await client.create(created)).toMatchObject(created);
    await expect(client.create(created)).rejects.toMatchObject({ status: 409 });
    await client.destroy(created);
    await expect(client.destroy(created)).rejects.toMatchObject({ status: 404 });
    await client.close();
  });
});

/** JSON has no number for the others. */
function finite({ type, data, ...rest }: Tensor): Tensor {
  if (type !== 'float32' && type !== 'float64') return { type, data, ...rest };
  const elements = Array.from(data as Float32Array, (value) => (Number.isFinite(value) ? value : 1));
  return { ...rest, type, data: type === 'float32' ? Float32Array.from(elements) : Float64Array.from(elements) };
}

describe.each([
  ['REST', () => createManagementClient(daemon.management), { status: 404 }],
  ['gRPC', () => createManagementGrpcClient(daemon.grpcManagement), { code: 5 }],
] as const)('management over %s', (way, open, notFound) => {
  it('registers, describes, scales and unregisters', async () => {
    const client = open();
    const name = `managed-${way}`;
    await addArchive(daemon.store, { name, source: ECHO });
    const registered = await client.register(`${name}.mar`, { initialWorkers: 1, batchSize: 3, synchronous: true });
    expect(registered).toContain('registered');
    expect(await client.describe(name)).toMatchObject([{ modelName: name, batchSize: 3, minWorkers: 1 }]);
    expect(await client.describe({ name, version: 'all' })).toHaveLength(1);
    expect(await client.scale(name, { minWorker: 2, synchronous: true })).toContain('2');
    expect(await client.setDefault(name, '1.0')).toContain('1.0');
    const names: string[] = [];
    for await (const { modelName } of client.list()) names.push(modelName);
    expect(names).toContain(name);
    expect(await client.unregister(name)).toContain('unregistered');
    await expect(client.describe(name)).rejects.toMatchObject({ kind: 'status', ...notFound });
    await client.close();
  });
});

it('what a message of gRPC would not carry is refused', async () => {
  const client = createManagementGrpcClient(daemon.grpcManagement);
  await expect(client.scale('price', { minWorker: 0 })).rejects.toThrow(
    /minWorker: over gRPC 0 stands for the default/,
  );
  await expect(client.register('price.mar', { colour: 'blue' })).rejects.toThrow(/no colour/);
  await client.close();
});
