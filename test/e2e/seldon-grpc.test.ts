/** Seldon Core's services over gRPC, of a deployment and of the wrapper: all methods, kinds of messages and errors. */
import { status, type ClientDuplexStream } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon } from '../helpers/daemon.ts';
import { call, createGrpcClient, HEALTH, REFLECTION, type GrpcClient } from '../helpers/grpc-client.ts';
import { seldonService, startWrapper } from '../helpers/seldon.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startWrapper();
});

afterAll(() => daemon?.close());

/** Asks a service over gRPC. */
async function callSeldon<T = object>(service: string, method: string, request: object, metadata = {}): Promise<T> {
  const client = createGrpcClient(daemon.grpcInference, seldonService(service));
  try {
    return await call<T>(client, method, request, { metadata });
  } finally {
    client.close();
  }
}

describe('a service', () => {
  const lists = (...rows: number[][]) => ({
    values: rows.map((row) => ({ listValue: { values: row.map((numberValue) => ({ numberValue })) } })),
  });

  it('has its own methods, each of which asks the component', async () => {
    for (const service of ['Model', 'Seldon'])
      expect(await callSeldon(service, 'Predict', { strData: 'bytes', meta: { puid: 'p' } })).toMatchObject({
        binData: Buffer.from([1, 2, 3]),
        meta: {
          puid: 'p',
          requestPath: { unit: 'some/image:1.2' },
          metrics: [{ key: 'everything_calls' }, { value: 7 }],
        },
      });
    for (const service of ['Router', 'Generic'])
      expect(await callSeldon(service, 'Route', { data: { ndarray: lists([1]) } })).toMatchObject({
        data: { ndarray: lists([1]) },
      });
    for (const [service, method] of [
      ['Transformer', 'TransformInput'],
      ['OutputTransformer', 'TransformOutput'],
    ] as const)
      for (const each of [service, 'Generic'])
        expect(await callSeldon(each, method, { binData: Buffer.from('hi') })).toMatchObject({
          binData: Buffer.from('hi'),
        });
    const list = [1, 2].map((value) => ({ data: { tensor: { shape: [1], values: [value] } } }));
    for (const service of ['Combiner', 'Generic'])
      expect(await callSeldon(service, 'Aggregate', { seldonMessages: list })).toMatchObject({
        data: { tensor: { shape: [2, 2], values: [1, 2, 0, 0] } },
      });
    const feedback = { response: { meta: { routing: { unit: 1 } } }, reward: 0.5 };
    for (const service of ['Model', 'Router', 'Generic', 'Seldon'])
      expect(await callSeldon(service, 'SendFeedback', feedback)).toMatchObject({
        jsonData: { structValue: { fields: { reward: { numberValue: 0.5 }, routing: { numberValue: 1 } } } },
      });
    const metadata = { name: 'mine', versions: ['v9'], custom: { a: 'b' } };
    expect(await callSeldon('Model', 'Metadata', {})).toMatchObject(metadata);
    expect(await callSeldon('Seldon', 'ModelMetadata', { name: 'unit' })).toMatchObject(metadata);
    expect(await callSeldon('Seldon', 'GraphMetadata', {})).toMatchObject({ name: 'unit', models: { unit: metadata } });
  });

  it('takes custom data with its type, and gives it back so', async () => {
    const customData = { type_url: 'type.example/mine.Own', value: Buffer.from('hi') };
    expect(await callSeldon('Transformer', 'TransformInput', { customData })).toMatchObject({ customData });
  });

  it('takes a deployment of another name for this component, as its graph passes it on', async () => {
    expect(
      await callSeldon('Seldon', 'Predict', { strData: 'bytes' }, { seldon: 'graph', namespace: 'ns' }),
    ).toMatchObject({
      data_oneof: 'binData',
    });
  });

  it.each([
    ['nothing in it', 'Predict', {}, status.INVALID_ARGUMENT, /one of data, jsonData, strData, binData, customData/],
    ['what the component refuses', 'Predict', { strData: 'refuse' }, status.FAILED_PRECONDITION, /refused/],
    ['what the component throws for', 'Predict', { strData: 'throw' }, status.INTERNAL, /odd|internal/i],
    ['a bad metric', 'Predict', { strData: 'metric' }, status.INTERNAL, /Bad metric.*METER/],
  ])('says what is wrong: %s', async (_, method, request, code, details) => {
    await expect(callSeldon('Model', method, request)).rejects.toMatchObject({
      code,
      details: expect.stringMatching(details) as string,
    });
  });
});

it('is told by reflection and by health', async () => {
  const clients: GrpcClient[] = [HEALTH, REFLECTION].map((each) => createGrpcClient(daemon.grpcInference, each));
  const [health, reflection] = clients as [GrpcClient, GrpcClient];
  try {
    expect(await call(health, 'Check', { service: 'seldon.protos.Model' })).toEqual({ status: 'SERVING' });
    const stream = reflection.ServerReflectionInfo?.() as ClientDuplexStream<
      object,
      Record<string, Readonly<Record<string, unknown[]>>>
    >;
    stream.write({ list_services: '' });
    stream.end({ file_containing_symbol: 'seldon.protos.Combiner' });
    const [list, file] = (await stream.toArray()) as Record<string, Readonly<Record<string, unknown[]>>>[];
    expect(list?.['list_services_response']?.['service']).toContainEqual({ name: 'seldon.protos.Seldon' });
    // With all that it imports: any, empty, struct, tensor, its shape and types.
    expect(file?.['file_descriptor_response']?.['file_descriptor_proto']).toHaveLength(7);
  } finally {
    for (const client of clients) client.close();
  }
});
