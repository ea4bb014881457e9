/** What is wrong with a request of the Open Inference Protocol over gRPC, as its client is told. */
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addIdentities } from '../fixtures/identity-archives.ts';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { oipClient, type GrpcClient } from '../helpers/grpc-client.ts';
import { floats, inferGrpc, SUM, textRequest } from '../helpers/oip-grpc.ts';

const MOODY = `import { PredictionError } from '@marserve/handlers';
  export function handle(data, context) {
    return data?.map(({ data: mood }, index) => {
      if (String(mood) === 'throw') throw new Error('the handler is upset');
      if (String(mood) === 'refuse') return new PredictionError('too blue', 429);
      if (String(mood) === 'parts') return (async function* () { yield 1; yield 2; })();
      context.setResponseStatus(404, 'nowhere', index);
      return 'as told';
    });
  }`;

let daemon: Daemon;
let client: GrpcClient;

beforeAll(async () => {
  daemon = await startDaemon({ config: { max_request_size: 100_000, shutdown_timeout: 5 } });
  await addArchive(daemon.store, { name: 'sum', model: sumAndDifferenceModel() });
  await addArchive(daemon.store, { name: 'moody', source: MOODY });
  const identities = await addIdentities(daemon.store);
  await registerModels(daemon, ['sum', 'moody', ...identities]);
  client = oipClient(daemon.grpcInference);
});

afterAll(async () => {
  client?.close();
  await daemon?.close();
});

const infer = (request: object) => inferGrpc(client, request);

describe('what is wrong', () => {
  const [a, b] = SUM.inputs;
  const contents = { fp32_contents: [1, 2] };
  it.each([
    ['no model', { ...SUM, model_name: '' }, status.INVALID_ARGUMENT, 'model_name'],
    ['an unknown model', { ...SUM, model_name: 'nobody' }, status.NOT_FOUND, 'nobody'],
    ['an unknown version', { ...SUM, model_version: '9' }, status.NOT_FOUND, '9'],
    ['a missing input', { ...SUM, inputs: [a], raw_input_contents: [floats(1, 2)] }, status.INVALID_ARGUMENT, '"b"'],
    ['an unknown input', { ...SUM, inputs: [a, { ...b, name: 'c' }] }, status.INVALID_ARGUMENT, '"c"'],
    ['an input twice', { ...SUM, inputs: [a, a] }, status.INVALID_ARGUMENT, 'twice'],
    ['an input without a name', { ...SUM, inputs: [a, { ...b, name: '' }] }, status.INVALID_ARGUMENT, 'inputs[1]'],
    ['another datatype', { ...SUM, inputs: [a, { ...b, datatype: 'INT32' }] }, status.INVALID_ARGUMENT, 'INT32'],
    ['no datatype', { ...SUM, inputs: [a, { ...b, datatype: 'BF16' }] }, status.INVALID_ARGUMENT, 'BF16'],
    ['a size below 0', { ...SUM, inputs: [a, { ...b, shape: [-1, 2] }] }, status.INVALID_ARGUMENT, '[-1, 2]'],
    ['a shape of the model', { ...SUM, inputs: [a, { ...b, shape: [2, 1] }] }, status.INVALID_ARGUMENT, '[2, 1]'],
    ['too few bytes', { ...SUM, raw_input_contents: [floats(1, 2), floats(3)] }, status.INVALID_ARGUMENT, '4 bytes'],
    ['too few raw contents', { ...SUM, raw_input_contents: [floats(1, 2)] }, status.INVALID_ARGUMENT, '2 inputs'],
    ['raw and typed contents', { ...SUM, inputs: [a, { ...b, contents }] }, status.INVALID_ARGUMENT, 'both'],
    ['an unknown output', { ...SUM, outputs: [{ name: 'z' }] }, status.INVALID_ARGUMENT, '"z"'],
    [
      'elements in the wrong field',
      {
        model_name: 'same_FP32',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1], contents: { int_contents: [1] } }],
      },
      status.INVALID_ARGUMENT,
      'fp32_contents',
    ],
    [
      'an element that does not fit',
      {
        model_name: 'same_INT8',
        inputs: [{ name: 'x', datatype: 'INT8', shape: [1], contents: { int_contents: [128] } }],
      },
      status.INVALID_ARGUMENT,
      '128',
    ],
    [
      'typed FP16',
      {
        model_name: 'same_FP16',
        inputs: [{ name: 'x', datatype: 'FP16', shape: [1], contents: { fp32_contents: [1] } }],
      },
      status.INVALID_ARGUMENT,
      'raw',
    ],
    [
      'no contents',
      { model_name: 'same_FP32', inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }] },
      status.INVALID_ARGUMENT,
      '0 bytes',
    ],
    [
      'shared memory',
      { ...SUM, inputs: [a, { ...b, parameters: { shared_memory_region: { string_param: 'r' } } }] },
      status.UNIMPLEMENTED,
      'Shared memory',
    ],
    ['a handler that throws', textRequest('moody', 'throw'), status.INTERNAL, 'the handler is upset'],
    ['what a handler refuses', textRequest('moody', 'refuse'), status.RESOURCE_EXHAUSTED, 'too blue'],
    ['a status that a handler sets', textRequest('moody', '404'), status.NOT_FOUND, 'nowhere'],
    ['an answer in parts', textRequest('moody', 'parts'), status.UNIMPLEMENTED, 'ModelStreamInfer'],
  ])('%s is told', async (_, request, code, details) => {
    await expect(infer(request)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(details) as string,
    });
  });

  it('in the bytes of a message is told, too', async () => {
    const raw = (message: Buffer) =>
      new Promise((resolve, reject) => {
        const keep = (bytes: Buffer) => bytes;
        client.makeUnaryRequest('/inference.GRPCInferenceService/ModelInfer', keep, keep, message, (error, answer) =>
          error ? reject(error) : resolve(answer),
        );
      });
    const named = Buffer.from([0x0a, 3, ...Buffer.from('sum')]);
    const many = Buffer.concat([named, ...Array<Buffer>(10_001).fill(Buffer.from([0x7a, 0]))]);
    for (const message of [
      Buffer.from([0xff]),
      Buffer.from([0x0a, 9, 1]),
      Buffer.concat([named, Buffer.from([0x2a, 1, 0x0f])]),
      many,
    ]) {
      await expect(raw(message)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    }
    expect((await infer(SUM)).outputs).toHaveLength(2);
  });

  it('a message larger than max_request_size is RESOURCE_EXHAUSTED', async () => {
    const x = { name: 'x', datatype: 'FP32', shape: [30_000] };
    const large = infer({ model_name: 'same_FP32', inputs: [x], raw_input_contents: [Buffer.alloc(120_000)] });
    await expect(large).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });
});
