/** TorchServe's streams over gRPC. */
import { once } from 'node:events';
import { status, type ClientDuplexStream, type ClientReadableStream } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { call, inferenceClient, type GrpcClient } from '../helpers/grpc-client.ts';

/** Counts in parts, and then throws what it is told. */
const COUNTER = `
  async function* count(to, error) {
    for (let n = 0; n < to; n += 1) yield String(n);
    if (error) throw new Error(error);
  }
  export function handle(data) {
    return data?.map(({ body }) => { const [to, error] = String(body).split(' '); return count(Number(to), error); });
  }
`;

let daemon: Daemon;
let inference: GrpcClient;

beforeAll(async () => {
  daemon = await startDaemon();
  await addArchive(daemon.store, { name: 'echo', source: ECHO });
  await addArchive(daemon.store, { name: 'counter', source: COUNTER });
  await registerModels(daemon, ['echo', 'counter']);
  inference = inferenceClient(daemon.grpcInference);
});

afterAll(async () => {
  inference?.close();
  await daemon?.close();
});

const bytes = (text: string) => Buffer.from(text);

it('StreamPredictions answers one request', async () => {
  const stream = inference.StreamPredictions?.({ model_name: 'echo', input: { body: bytes('a') } });
  const parts = (await (stream as ClientReadableStream<object>).toArray()) as { prediction: Buffer }[];
  expect(Buffer.concat(parts.map(({ prediction }) => prediction)).toString()).toBe('a');
});

it('StreamPredictions sends a message for each part of an answer', async () => {
  const stream = inference.StreamPredictions?.({ model_name: 'counter', input: { body: bytes('3') } });
  const parts = (await (stream as ClientReadableStream<object>).toArray()) as { prediction: Buffer }[];
  expect(parts.map(({ prediction }) => String(prediction))).toEqual(['0', '1', '2']);
});

it('StreamPredictions fails behind the parts that came', async () => {
  const request = { model_name: 'counter', input: { body: bytes('2 upset') } };
  const stream = inference.StreamPredictions?.(request) as ClientReadableStream<{ prediction: Buffer }>;
  const parts: string[] = [];
  stream.on('data', ({ prediction }: { prediction: Buffer }) => parts.push(String(prediction)));
  const [error] = (await once(stream, 'error')) as [Error];
  expect(parts).toEqual(['0', '1']);
  expect(error).toMatchObject({ code: status.INTERNAL, details: expect.stringContaining('upset') as string });
});

it('StreamPredictions2 sends a message for each part, and the failure behind them', async () => {
  const stream = inference.StreamPredictions2?.() as ClientDuplexStream<object, Record<string, unknown>>;
  for (const body of ['2 upset', '1']) {
    stream.write({ model_name: 'counter', input: { body: bytes(body) }, sequence_id: body });
  }
  stream.end();
  expect(await stream.toArray()).toMatchObject([
    { prediction: bytes('0'), sequence_id: '2 upset' },
    { prediction: bytes('1'), sequence_id: '2 upset' },
    { sequence_id: '2 upset', status: { code: status.INTERNAL } },
    { prediction: bytes('0'), sequence_id: '1' },
  ]);
});

it('Predictions has all parts of an answer in one message', async () => {
  const request = { model_name: 'counter', input: { body: bytes('3') } };
  const { prediction } = await call<{ prediction: Buffer }>(inference, 'Predictions', request);
  expect(String(prediction)).toBe('012');
});

it('StreamPredictions2 answers each request in its order, failed ones as well, with their sequence', async () => {
  const stream = inference.StreamPredictions2?.() as ClientDuplexStream<object, Record<string, unknown>>;
  for (const model_name of ['echo', 'nobody', 'echo']) {
    stream.write({ model_name, input: { body: bytes('b') }, sequence_id: model_name });
  }
  stream.end();
  const answers = await stream.toArray();
  expect(answers).toMatchObject([
    { prediction: bytes('b'), sequence_id: 'echo' },
    { sequence_id: 'nobody', status: { code: status.NOT_FOUND, message: 'Model not found: nobody' } },
    { prediction: bytes('b'), sequence_id: 'echo' },
  ]);
});
