/** The Open Inference Protocol over gRPC, as its clients meet it. */
import { once } from 'node:events';
import { status, type ClientDuplexStream, type ClientUnaryCall } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { MIRROR } from '../fixtures/handlers.ts';
import { addIdentities } from '../fixtures/identity-archives.ts';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import { call, createGrpcClient, HEALTH, OIP, oipClient, REFLECTION, type GrpcClient } from '../helpers/grpc-client.ts';
import { send } from '../helpers/http.ts';
import { floats, inferGrpc, SUM, textRequest, type InferResponse } from '../helpers/oip-grpc.ts';

const HANDLERS = {
  gate: GATE,
  mirror: MIRROR,
  hang: 'export function handle(data) { return data === null ? null : new Promise(() => {}); }',
  echo: `export function handle(data, context) {
    return data?.map((row, index) => {
      const parameters = context.getRequestParameters(index);
      for (const [name, value] of Object.entries(parameters)) context.setResponseParameter(index, name, value);
      const { data: value } = row;
      return Buffer.isBuffer(value) ? { bytes: value, count: value.length } : { value };
    });
  }`,
};

/** Datatype, its field of typed contents, two elements there as the loader gives them, and their bytes. */
const TYPES: readonly (readonly [datatype: string, field: string, elements: unknown[], bytes: number[]])[] = [
  ['BOOL', 'bool_contents', [true, false], [1, 0]],
  ['UINT8', 'uint_contents', [0, 255], [0, 255]],
  ['UINT16', 'uint_contents', [1, 65535], [1, 0, 255, 255]],
  ['UINT32', 'uint_contents', [1, 4294967295], [1, 0, 0, 0, 255, 255, 255, 255]],
  ['UINT64', 'uint64_contents', ['1', '18446744073709551615'], [1, 0, 0, 0, 0, 0, 0, 0, ...Array<number>(8).fill(255)]],
  ['INT8', 'int_contents', [-128, 127], [128, 127]],
  ['INT16', 'int_contents', [-1, 32767], [255, 255, 255, 127]],
  ['INT32', 'int_contents', [-1, 2147483647], [255, 255, 255, 255, 255, 255, 255, 127]],
  ['INT64', 'int64_contents', ['9007199254740993', '-1'], [1, 0, 0, 0, 0, 0, 32, 0, ...Array<number>(8).fill(255)]],
  ['FP32', 'fp32_contents', [0.10000000149011612, -0], [205, 204, 204, 61, 0, 0, 0, 128]],
  ['FP64', 'fp64_contents', [Infinity, NaN], [0, 0, 0, 0, 0, 0, 240, 127, 0, 0, 0, 0, 0, 0, 248, 127]],
  ['FP16', '', [], [0, 60, 0, 124]],
  ['BYTES', 'bytes_contents', [Buffer.from('ä'), Buffer.alloc(0)], [2, 0, 0, 0, 195, 164, 0, 0, 0, 0]],
];

let daemon: Daemon;
let client: GrpcClient;

beforeAll(async () => {
  daemon = await startDaemon({ config: { max_request_size: 100_000, shutdown_timeout: 5 } });
  await addArchive(daemon.store, { name: 'sum', model: sumAndDifferenceModel() });
  const identities = await addIdentities(daemon.store);
  for (const [name, source] of Object.entries(HANDLERS)) await addArchive(daemon.store, { name, source });
  await registerModels(daemon, ['sum', ...Object.keys(HANDLERS), ...identities]);
  client = oipClient(daemon.grpcInference);
});

afterAll(async () => {
  client?.close();
  await daemon?.close();
});

const infer = (request: object) => inferGrpc(client, request);
describe('the server', () => {
  it('tells that it lives, is ready, and what it is, as over REST', async () => {
    expect(await call(client, 'ServerLive')).toEqual({ live: true });
    expect(await call(client, 'ServerReady')).toEqual({ ready: true });
    const rest = await send(`${daemon.inference}/v2`);
    expect(await call(client, 'ServerMetadata')).toEqual(rest.json());
  });

  it('is reflected, and its health is told', async () => {
    const { service } = OIP;
    const reflection = createGrpcClient(daemon.grpcInference, REFLECTION);
    const stream = reflection.ServerReflectionInfo?.() as ClientDuplexStream<object, Record<string, never>>;
    stream.end({ file_containing_symbol: `${service}.ModelInfer` });
    const [found] = await stream.toArray();
    const { file_descriptor_proto: files } = (
      found as { file_descriptor_response: { file_descriptor_proto: Buffer[] } }
    ).file_descriptor_response;
    expect(files.map(String).join()).toMatch(/grpc_service\.proto[^]*model_config\.proto/);
    reflection.close();
    const health = createGrpcClient(daemon.grpcInference, HEALTH);
    await expect.poll(() => call(health, 'Check', { service })).toEqual({ status: 'SERVING' });
    health.close();
  });

  it('has no inference at the address of the management', async () => {
    const strayed = oipClient(daemon.grpcManagement);
    await expect(call(strayed, 'ModelInfer', SUM)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    strayed.close();
  });
});

describe('a model', () => {
  it.each(['', '1.0'])('of version "%s" tells what it takes and gives, as over REST', async (version) => {
    const told = (await send(`${daemon.inference}/v2/models/sum`)).json<{ properties: unknown }>();
    const { properties: _, ...rest } = told;
    const metadata = await call(client, 'ModelMetadata', { name: 'sum', version });
    expect(metadata).toEqual({
      ...rest,
      inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: ['-1', '2'] })),
      outputs: ['sum', 'difference'].map((name) => ({ name, datatype: 'FP32', shape: ['-1', '2'] })),
    });
    expect(await call(client, 'ModelReady', { name: 'sum', version })).toEqual({ ready: true });
  });

  it('has a configuration as Triton describes it', async () => {
    expect(await call(client, 'ModelConfig', { name: 'same_BYTES' })).toMatchObject({
      config: {
        name: 'same_BYTES',
        platform: 'node/base_handler',
        backend: 'marserve',
        max_batch_size: 0,
        input: [{ name: 'x', data_type: 'TYPE_STRING', dims: ['-1'] }],
        output: [{ name: 'y', data_type: 'TYPE_STRING', dims: ['-1'] }],
      },
    });
  });

  it.each(['ModelReady', 'ModelMetadata', 'ModelConfig'])('that there is not is NOT_FOUND to %s', async (method) => {
    for (const model of [{ name: 'nobody' }, { name: 'sum', version: '9' }, {}]) {
      await expect(call(client, method, model)).rejects.toMatchObject({ code: status.NOT_FOUND });
    }
  });

  it('without workers is not ready, and UNAVAILABLE', async () => {
    await addArchive(daemon.store, { name: 'idle', model: sumAndDifferenceModel() });
    await registerModels(daemon, ['idle'], 'initial_workers=0');
    expect(await call(client, 'ModelReady', { name: 'idle' })).toEqual({ ready: false });
    await expect(infer({ ...SUM, model_name: 'idle' })).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});

describe('an inference', () => {
  it.each(TYPES)('carries %s, raw and typed', async (datatype, field, elements, bytes) => {
    const raw = Buffer.from(bytes);
    const head = { name: 'x', datatype, shape: [2] };
    const model_name = `same_${datatype}`;
    const answer = await infer({ model_name, inputs: [head], raw_input_contents: [raw] });
    expect(answer).toMatchObject({
      model_name,
      model_version: '1.0',
      id: '',
      outputs: [{ name: 'y', datatype, shape: ['2'], contents: null }],
      raw_output_contents: [raw],
    });
    if (field === '') return;
    const typed = await infer({ model_name, inputs: [{ ...head, contents: { [field]: elements } }] });
    expect(typed.raw_output_contents).toEqual([raw]);
    expect(typed.outputs[0]?.contents?.[field]).toEqual(elements);
  });

  it('gives all outputs, or those that were asked for, and the id', async () => {
    const all = await infer({ ...SUM, id: 'x' });
    expect(all).toMatchObject({ id: 'x', outputs: [{ name: 'sum' }, { name: 'difference' }] });
    expect(all.raw_output_contents).toEqual([floats(4, 6), floats(-2, -2)]);
    const one = await infer({ ...SUM, model_version: '1.0', outputs: [{ name: 'difference' }] });
    expect(one.outputs).toHaveLength(1);
    expect(one.raw_output_contents).toEqual([floats(-2, -2)]);
  });

  it('gives the classes of an output in its place', async () => {
    const outputs = [{ name: 'sum', parameters: { classification: { int64_param: 1 } } }];
    const { raw_output_contents: raws } = await infer({ ...SUM, outputs });
    expect(String(raws[0]?.subarray(4))).toMatch(/^6(\.0+)?:1/);
  });

  it('hands parameters to the handler and back, of every kind', async () => {
    const parameters = {
      bool: { bool_param: false },
      int: { int64_param: '-9007199254740993' },
      text: { string_param: 'ä' },
      double: { double_param: 0.5 },
      large: { uint64_param: '18446744073709551615' },
    };
    const answer = await call<{ parameters: Record<string, object> }>(client, 'ModelInfer', {
      ...textRequest('echo', 'hello'),
      parameters,
    });
    expect(answer.parameters).toMatchObject(parameters);
  });

  it('gives a handler of TorchServe the only element of BYTES, an empty shape being one element', async () => {
    const { inputs } = textRequest('echo', 'hello');
    for (const shape of [[1], []]) {
      const answer = await infer({ model_name: 'echo', inputs: inputs.map((input) => ({ ...input, shape })) });
      expect(answer.outputs).toMatchObject([
        { name: 'bytes', datatype: 'BYTES', shape: ['1'], contents: { bytes_contents: [Buffer.from('hello')] } },
        { name: 'count', datatype: 'FP64', shape: ['1'], contents: { fp64_contents: [5] } },
      ]);
    }
  });

  it('takes metadata as headers, and its x-request-id', async () => {
    const metadata = { 'x-shout': 'loud', 'x-request-id': 'mine-2' };
    const answer = await call<InferResponse>(client, 'ModelInfer', textRequest('mirror', 'x'), { metadata });
    expect(answer.outputs.map(({ name, contents }) => [name, String(contents?.bytes_contents?.[0])])).toEqual(
      expect.arrayContaining([
        ['id', 'mine-2'],
        ['shout', 'loud'],
      ]),
    );
    expect(await daemon.line('"requestId":"mine-2"')).toContain('GRPCInferenceService/ModelInfer');
  });
});

describe('a call that nobody waits for', () => {
  it('fails when its deadline is over', async () => {
    const metadata = { 'x-request-id': 'late-oip' };
    const late = call(client, 'ModelInfer', textRequest('hang', 'x'), { timeoutMs: 2000, metadata });
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await daemon.line('"requestId":"late-oip"')).toMatch(/"status":(499|504)/);
  });

  it('fails when the time that its parameter allows is over', async () => {
    const late = infer({ ...textRequest('hang', 'x'), parameters: { timeout: { int64_param: 200_000 } } });
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it('leaves the queue when it is cancelled', async () => {
    const { letGo } = await holdUp(daemon, 'gate', 'wait');
    const unary = client.ModelInfer?.(textRequest('gate', 'x'), () => {}) as ClientUnaryCall;
    await expect.poll(() => queueLength(daemon, 'gate')).toBe(1);
    const ended = once(unary, 'status') as Promise<[{ code: number }]>;
    unary.cancel();
    expect((await ended)[0].code).toBe(status.CANCELLED);
    await expect.poll(() => queueLength(daemon, 'gate')).toBe(0);
    await letGo();
  });
});
