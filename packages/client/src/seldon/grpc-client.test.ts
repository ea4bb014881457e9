/** Seldon's protocol over gRPC: which procedures are called with which messages, and what becomes of the answers. */
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, closing, frame, reply, serve } from '../test-support/grpc-server.ts';
import { createSeldonGrpcClient } from './grpc-client.ts';
import {
  FEEDBACK,
  GRAPH_METADATA,
  MODEL_METADATA,
  SELDON_MESSAGE,
  SELDON_MESSAGE_LIST,
} from './protobuf/message-types.ts';
import { readMessage } from './protobuf/read-message.ts';
import { writeMessage } from './protobuf/write-message.ts';
import type { SeldonClientOptions } from './seldon-client.ts';

afterEach(closeAll);

const ANSWERS: Readonly<Record<string, Uint8Array>> = {
  Metadata: writeMessage({ name: 'price', versions: ['1'] }, MODEL_METADATA),
  GraphMetadata: writeMessage({ name: 'prices', models: { price: { name: 'price' } } }, GRAPH_METADATA),
};
const TYPES = { Aggregate: SELDON_MESSAGE_LIST, SendFeedback: FEEDBACK };

/** A server that answers everything with one message, and what it was asked. */
async function seldon(answer: unknown = { strData: 'answer' }, options: SeldonClientOptions = {}) {
  const asked: { readonly procedure: string; readonly message: unknown; readonly seldon: unknown }[] = [];
  const { host } = await serve((stream, bytes, headers) => {
    const procedure = String(headers[':path']).replace('/seldon.protos.', '');
    const name = procedure.split('/')[1] ?? '';
    const message = readMessage(bytes, TYPES[name as keyof typeof TYPES] ?? SELDON_MESSAGE);
    asked.push({ procedure, message, seldon: headers['seldon'] });
    if (procedure.includes('grpc.health')) reply(stream, frame(Uint8Array.of(8, 1)));
    else reply(stream, frame(ANSWERS[name] ?? writeMessage(answer, SELDON_MESSAGE)));
  });
  const client = createSeldonGrpcClient(host, options);
  closing(() => client.close());
  return { client, asked, host };
}

const MESSAGE = { data: { names: ['a'], ndarray: [[1, 'x', null]] }, meta: { tags: { of: [true] } } };

describe('a component', () => {
  it('is asked by the services of the wrapper around it', async () => {
    const { client, asked } = await seldon();
    const questions = {
      'Model/Predict': () => client.predict(MESSAGE),
      'Transformer/TransformInput': () => client.transformInput(MESSAGE),
      'OutputTransformer/TransformOutput': () => client.transformOutput(MESSAGE),
      'Router/Route': () => client.route(MESSAGE),
    };
    for (const ask of Object.values(questions)) expect(await ask()).toEqual({ strData: 'answer' });
    expect(asked).toEqual(
      Object.keys(questions).map((procedure) => ({ procedure, message: MESSAGE, seldon: undefined })),
    );
  });

  it('is asked with several messages, and told what came of one', async () => {
    const { client, asked } = await seldon();
    await client.aggregate([MESSAGE, { strData: 'b' }]);
    await client.sendFeedback({ request: MESSAGE, reward: 0.5, truth: { binData: 'AQI=' } });
    expect(asked.map(({ procedure, message }) => [procedure, message])).toEqual([
      ['Combiner/Aggregate', { seldonMessages: [MESSAGE, { strData: 'b' }] }],
      ['Model/SendFeedback', { request: MESSAGE, reward: 0.5, truth: { binData: 'AQI=' } }],
    ]);
  });

  it('says what it is, and whether it is well', async () => {
    const { client, asked } = await seldon();
    expect(await client.metadata()).toEqual({ name: 'price', versions: ['1'] });
    expect(await client.isReady()).toBe(true);
    expect(asked.map(({ procedure }) => procedure)).toEqual(['Model/Metadata', '/grpc.health.v1.Health/Check']);
  });

  it('takes typed arrays as the lists that they are', async () => {
    const { client, asked } = await seldon();
    await client.predict({ data: { tensor: { shape: [1, 2], values: Float32Array.of(0.5, NaN) } } });
    await client.predict({ data: { ndarray: [Float64Array.of(1, 2)] } });
    expect(asked.map(({ message }) => message)).toEqual([
      { data: { tensor: { shape: [1, 2], values: [0.5, NaN] } } },
      { data: { ndarray: [[1, 2]] } },
    ]);
  });

  it('is not asked with what is no message', async () => {
    const { client, asked } = await seldon();
    const wrong = { data: { tensor: { shape: [1], values: 'none' } } } as never;
    await expect(client.predict(wrong)).rejects.toThrow('data.tensor.values: expected a list, got "none"');
    expect(asked).toEqual([]);
  });

  it('that says that it failed is a failure, with its host', async () => {
    const { client, host } = await seldon({ status: { status: 'FAILURE', info: 'no such house' } });
    await expect(client.predict(MESSAGE)).rejects.toMatchObject({
      name: 'ClientError',
      kind: 'answer',
      host,
      message: `${host}: no such house`,
    });
  });
});

it('a deployment is asked by its service, and is named as an ingress wants it', async () => {
  const { client, asked } = await seldon(undefined, { deployment: 'prices', headers: { authorization: 'x' } });
  await client.predict(MESSAGE);
  await client.sendFeedback({ reward: 1 });
  expect(await client.metadata()).toEqual({ name: 'prices', models: { price: { name: 'price' } } });
  expect(asked.map(({ procedure, seldon: named }) => [procedure, named])).toEqual([
    ['Seldon/Predict', 'prices'],
    ['Seldon/SendFeedback', 'prices'],
    ['Seldon/GraphMetadata', 'prices'],
  ]);
});
