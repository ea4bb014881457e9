/** ModelStreamInfer: several requests of a stream at a time, answers as they come, and answers in parts. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { inferenceClient, metadataOf, oipClient, type GrpcClient } from '../helpers/grpc-client.ts';
import { floats, SUM, textRequest, type InferResponse } from '../helpers/oip-grpc.ts';

/** Does what its input says. */
const STREAMER = `
  import { appendFileSync } from 'node:fs';
  async function* count(to, error) {
    for (let n = 0; n < to; n += 1) yield n;
    if (error) throw new Error(error);
  }
  async function* waiting(file, signal) {
    yield 0;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    appendFileSync(file, 'x');
  }
  export function handle(data, context) {
    return data?.map(({ data: text }, row) => {
      const [verb, a, b] = String(text).split(' ');
      if (verb === 'count') return count(Number(a), b);
      if (verb === 'waiting') return waiting(a, context.getSignal(row));
      throw new Error('the handler is upset');
    });
  }
`;

/** Answers when the file that it is told is there, and says that it has begun. */
const GATED = `
  import { existsSync, writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  export async function handle(data) {
    if (data === null) return null;
    writeFileSync(String(data[0].data) + '.begun', '');
    while (!existsSync(String(data[0].data))) await sleep(5);
    return data.map(() => 1);
  }
`;

interface StreamResponse {
  readonly error_message: string;
  readonly infer_response: (InferResponse & { readonly parameters: Readonly<Record<string, unknown>> }) | null;
}

type Stream = ClientDuplexStream<object, StreamResponse>;

let daemon: Daemon;
let client: GrpcClient;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-stream-'));
  daemon = await startDaemon({ config: { max_inflight_bytes: 1_000_000, shutdown_timeout: 5 } });
  await addArchive(daemon.store, { name: 'sum', model: sumAndDifferenceModel() });
  await addArchive(daemon.store, { name: 'streamer', source: STREAMER });
  await addArchive(daemon.store, { name: 'gated', source: GATED });
  await registerModels(daemon, ['sum', 'streamer', 'gated']);
  client = oipClient(daemon.grpcInference);
});

afterAll(async () => {
  client?.close();
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (metadata: Readonly<Record<string, string>> = {}) =>
  client.ModelStreamInfer?.(metadataOf(metadata)) as Stream;
const ask = (text: string, more: object = {}) => ({ ...textRequest('streamer', text), ...more });

async function answers(...requests: object[]): Promise<StreamResponse[]> {
  const stream = open();
  for (const request of requests) stream.write(request);
  stream.end();
  return (await stream.toArray()) as StreamResponse[];
}

async function next(stream: Stream): Promise<StreamResponse> {
  const [answer] = (await once(stream, 'data')) as [StreamResponse];
  return answer;
}

const isFinal = ({ infer_response: response }: StreamResponse) =>
  (response?.parameters.triton_final_response as { bool_param: boolean } | undefined)?.bool_param;
const numbers = (all: readonly StreamResponse[]) =>
  all.map(({ infer_response: response }) => response?.outputs[0]?.contents?.fp64_contents?.[0]);

describe('requests of a stream', () => {
  it('are answered, each with its id', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => String(index));
    const all = await answers(...ids.map((id) => ({ ...SUM, id })));
    expect(all.map((each) => Number(each.infer_response?.id)).toSorted((one, other) => one - other)).toEqual(
      ids.map(Number),
    );
    for (const { error_message: error, infer_response: response } of all) {
      expect(error).toBe('');
      expect(response?.raw_output_contents).toEqual([floats(4, 6), floats(-2, -2)]);
    }
    expect(all.every(isFinal)).toBe(true);
  });

  it('are answered as they are ready', async () => {
    const file = path.join(folder, 'gate');
    const stream = open();
    stream.write({ ...textRequest('gated', file), id: 'slow' });
    stream.write({ ...SUM, id: 'quick' });
    expect((await next(stream)).infer_response?.id).toBe('quick');
    const slow = next(stream);
    await writeFile(file, '');
    expect((await slow).infer_response?.id).toBe('slow');
    stream.end();
    stream.resume();
    await once(stream, 'end');
  });

  it('that fail are told so by their id, and the others are answered', async () => {
    const all = await answers(
      { ...SUM, id: 'a' },
      { ...SUM, id: 'b', model_name: 'nobody' },
      { ...SUM, id: 'c', raw_input_contents: [floats(1)] },
      ask('upset', { id: 'd' }),
      { ...SUM, id: '', model_name: '' },
      { ...SUM, id: 'e' },
    );
    const errors = new Map(all.map(({ error_message: error, infer_response: response }) => [response?.id, error]));
    expect(errors.get('a')).toBe('');
    expect(errors.get('b')).toBe('Model not found: nobody');
    expect(errors.get('c')).toContain('2 inputs');
    expect(errors.get('d')).toContain('the handler is upset');
    expect(errors.get('')).toContain('model_name');
    expect(errors.get('e')).toBe('');
  });

  it('that fail end the stream for clients that want that', async () => {
    const stream = open({ triton_grpc_error: 'true' });
    stream.write({ ...textRequest('gated', path.join(folder, 'never')), id: 'waits' });
    stream.write({ ...SUM, model_name: 'nobody' });
    stream.resume();
    const [error] = (await once(stream, 'error')) as [ServiceError];
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'Model not found: nobody' });
    // It is not waited for, and its worker is not lost.
    await writeFile(path.join(folder, 'never'), '');
    expect((await answers(textRequest('gated', path.join(folder, 'never'))))[0]?.error_message).toBe('');
  });

  it('that fail so do not take back the answers to those before', async () => {
    for (let round = 0; round < 20; round += 1) {
      const stream = open({ triton_grpc_error: 'true' });
      const ended = once(stream, 'error') as Promise<[ServiceError]>;
      const ids: (string | undefined)[] = [];
      stream.on('data', ({ infer_response: response }: StreamResponse) => ids.push(response?.id));
      stream.write({ ...SUM, id: 'a' });
      stream.write({ ...ask('upset'), id: 'b' });
      const [error] = await ended;
      expect(error).toMatchObject({ code: status.INTERNAL, details: expect.stringContaining('upset') as string });
      expect(ids.filter((id) => id !== 'a')).toEqual([]);
    }
  });

  it('may be more than the server holds at a time', async () => {
    const large = { name: 'text', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [Buffer.alloc(90_000)] } };
    const stream = open();
    for (let round = 0; round < 30; round += 1) {
      stream.write({ model_name: 'streamer', inputs: [large], id: String(round) });
      expect((await next(stream)).infer_response?.id).toBe(String(round));
    }
    stream.end();
    stream.resume();
    await once(stream, 'end');
  });
});

describe('an answer in parts', () => {
  it('is a response for each', async () => {
    const all = await answers(ask('count 3'));
    expect(numbers(all)).toEqual([0, 1, 2]);
    expect(all.map(isFinal)).toEqual([false, false, false]);
  });

  it('has an empty last one for clients that want that', async () => {
    const parameters = { triton_enable_empty_final_response: { bool_param: true } };
    const all = await answers(ask('count 2', { parameters, id: 'x' }));
    expect(numbers(all)).toEqual([0, 1, undefined]);
    expect(all.map(isFinal)).toEqual([false, false, true]);
    expect(all.at(-1)?.infer_response).toMatchObject({ id: 'x', model_name: 'streamer', outputs: [] });
  });

  it('can fail behind its first parts', async () => {
    const all = await answers(ask('count 2 upset', { id: 'x' }));
    expect(numbers(all)).toEqual([0, 1, undefined]);
    expect(all.at(-1)).toMatchObject({ error_message: 'Prediction failed: upset', infer_response: { id: 'x' } });
  });

  it('of many parts comes whole, beside others', async () => {
    const all = await answers(ask('count 1000', { id: 'a' }), ask('count 1000', { id: 'b' }));
    for (const id of ['a', 'b']) {
      const own = all.filter(({ infer_response: response }) => response?.id === id);
      expect(numbers(own)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    }
  });
});

it('a client that cancels is told to the handlers of all its requests', async () => {
  const file = path.join(folder, 'aborted');
  await registerModels(daemon, ['streamer'], 'initial_workers=2&model_name=two');
  const stream = open();
  const begun = new Set<string | undefined>();
  stream.on('data', ({ infer_response: response }: StreamResponse) => begun.add(response?.id));
  for (const id of ['a', 'b', 'c']) stream.write({ ...ask(`waiting ${file}`), model_name: 'two', id });
  await expect.poll(() => begun.size).toBe(2);
  stream.on('error', () => {});
  stream.cancel();
  await expect
    .poll(async () => (existsSync(file) ? (await readFile(file, 'utf8')).length : 0))
    .toBeGreaterThanOrEqual(2);
});

it('a stream in which nothing is asked does not hold up the end of the server, and hears of it', async () => {
  const gate = path.join(folder, 'last');
  const other = await startDaemon({ config: { shutdown_timeout: 60 } });
  await addArchive(other.store, { name: 'gated', source: GATED });
  await registerModels(other, ['gated']);
  const own = oipClient(other.grpcInference);
  const stream = own.ModelStreamInfer?.() as Stream;
  const ended = once(stream, 'error') as Promise<[ServiceError]>;
  stream.write({ ...textRequest('gated', gate), id: 'last' });
  const inference = inferenceClient(other.grpcInference);
  const ordered = inference.StreamPredictions2?.() as ClientDuplexStream<object, object>;
  const orderedEnded = once(ordered, 'error') as Promise<[ServiceError]>;
  ordered.write({ model_name: 'nobody' });
  await once(ordered, 'data');
  await expect.poll(() => existsSync(`${gate}.begun`)).toBe(true);
  const startedAt = performance.now();
  const closed = other.end();
  await other.line('"msg":"stopping"');
  const last = next(stream);
  await writeFile(gate, '');
  expect((await last).infer_response?.id).toBe('last');
  for (const [error] of [await ended, await orderedEnded]) expect(error.code).toBe(status.UNAVAILABLE);
  expect(await closed).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(30_000);
  own.close();
  inference.close();
  await other.close();
});
