import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildModel, type OnnxGraph } from '../../../../test/fixtures/onnx-builder.ts';
import {
  castModel,
  identityModel,
  matMulModel,
  sequenceModel,
  weightBytes,
  zipMapModel,
} from '../../../../test/fixtures/onnx-models.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { findExternalData } from './external-data.ts';
import { openSession } from './onnx-session.ts';
import { readOnnxOptions, toSessionOptions } from './onnx-options.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { createTensor, type TensorType } from '../tensor/tensor.ts';

async function open(model: Uint8Array | string, files: Record<string, Uint8Array> = {}) {
  const folder = await modelFolder({ 'model.onnx': model, ...files });
  return openSession(join(folder, 'model.onnx'));
}

const WEIGHTS = [
  [1, 2],
  [3, 4],
];

const X_AND_Y = { type: 'float32', shape: ['n'] } as const;
const RELU: OnnxGraph = {
  inputs: [{ name: 'x', ...X_AND_Y }],
  outputs: [{ name: 'y', ...X_AND_Y }],
  nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
};
const BIRDS = { opsets: { 'org.birds': 1 } };

describe('openSession', () => {
  it('reads names, types and shapes; dynamic dimensions keep their name, or are -1', async () => {
    const { signature } = await open(identityModel({ shape: ['n', -1, 3], type: 'int64' }));
    expect(signature).toEqual({
      inputs: [{ name: 'x', type: 'int64', shape: ['n', -1, 3] }],
      outputs: [{ name: 'y', type: 'int64', shape: ['n', -1, 3] }],
    });
  });

  it.each<[TensorType, readonly (number | bigint | string)[]]>([
    ['float32', [1.5, NaN]],
    ['float64', [1e300, -0]],
    ['float16', [0.5, -2]],
    ['int8', [-128, 127]],
    ['int16', [-32768, 1]],
    ['int32', [-2147483648, 1]],
    ['int64', [-(2n ** 63n), 2n ** 53n + 1n]],
    ['uint8', [0, 255]],
    ['uint16', [0, 65535]],
    ['uint32', [0, 4294967295]],
    ['uint64', [0n, 2n ** 64n - 1n]],
    ['bool', [1, 0]],
    ['string', ['', 'grüß']],
  ])('carries %s exactly', async (type, elements) => {
    const session = await open(identityModel({ type }));
    const x = createTensor(type, [1, 2], elements as number[]);
    expect(await session.run({ x })).toEqual({ y: x });
    await session.close();
  });

  it('computes', async () => {
    const session = await open(castModel('float32', 'string'));
    const { y } = await session.run({ x: createTensor('float32', [1, 2], [1, 2]) });
    expect(y).toEqual(createTensor('string', [1, 2], ['1', '2']));
  });

  it('finds external data beside the model', async () => {
    const session = await open(matMulModel({ weights: WEIGHTS, external: 'weights.bin' }), {
      'weights.bin': weightBytes(WEIGHTS),
    });
    const { y } = await session.run({ x: createTensor('float32', [1, 2], [1, 1]) });
    expect(y).toEqual(createTensor('float32', [1, 2], [4, 6]));
  });

  it.each<[string, Uint8Array | string, string | RegExp]>([
    ['text', 'hello world', 'model.onnx is not an ONNX model, or it is damaged'],
    ['an empty file', '', 'model.onnx is not an ONNX model, or it is damaged'],
    ['zeros', Buffer.alloc(100), 'model.onnx is not an ONNX model, or it is damaged'],
    ['half a model', identityModel().subarray(0, 60), 'model.onnx'],
    [
      'bfloat16',
      identityModel({ type: 'bfloat16' }),
      'cannot carry the type of input "x" (bfloat16), output "y" (bfloat16)',
    ],
    [
      'external data that is not there',
      matMulModel({ weights: WEIGHTS, external: 'w.bin' }),
      'external data in w.bin, which is not in the',
    ],
    ['an output that is a sequence', sequenceModel(), '"parts" is a sequence or a map'],
    [
      'an opset that is too new',
      buildModel(RELU, { opsets: { '': 999 } }),
      /^model\.onnx has opset 999 of ai\.onnx, which is newer than this onnxruntime takes: export it with opset \d+ or older$/,
    ],
    [
      'an opset of another domain that is too new',
      buildModel(RELU, { opsets: { 'ai.onnx.ml': 99 } }),
      /^model\.onnx has opset 99 of ai\.onnx\.ml, which is newer .* opset \d or older$/,
    ],
    [
      'an IR version that is too new',
      buildModel(RELU, { ir: 99 }),
      /^model\.onnx has IR version 99, which is newer than this onnxruntime takes: .* set model\.ir_version to \d+ /,
    ],
    [
      'an operator of nobody',
      buildModel({ ...RELU, nodes: [{ op: 'Fly', domain: 'org.birds', inputs: ['x'], outputs: ['y'] }] }, BIRDS),
      /^model\.onnx needs the operator Fly of org\.birds, which onnxruntime does not have/,
    ],
  ])('refuses %s, saying so', async (_, content, message) => {
    await expect(open(content)).rejects.toThrow(message);
  });

  it('refuses a path where nothing is', async () => {
    await expect(openSession('/nowhere/model.onnx')).rejects.toThrow(
      'The model file does not exist: /nowhere/model.onnx',
    );
  });
});

describe('a classifier that ends in ZipMap', () => {
  it.each<[string, readonly number[] | readonly string[]]>([
    ['integer', [3, -4]],
    ['string', ['cat', 'dog']],
  ])('opens without it; its probabilities are a tensor with %s labels', async (_, labels) => {
    const session = await open(zipMapModel(labels));
    expect(session.signature.outputs).toEqual([
      { name: 'label', type: 'int64', shape: [-1] },
      { name: 'probabilities', type: 'float32', shape: [-1, 2], labels },
    ]);
    const { label, probabilities } = await session.run({ x: createTensor('float32', [1, 2], [0, 0]) });
    expect([label?.data, probabilities?.data]).toEqual([BigInt64Array.of(0n), Float32Array.of(0.5, 0.5)]);
  });

  it('keeps labels beyond 2^53 apart, as strings', async () => {
    const folder = new URL('../../../../test/fixtures/classifiers/', import.meta.url).pathname;
    const session = await openSession(join(folder, 'logreg__2__big__zip.onnx'));
    expect(session.signature.outputs[1]?.labels).toEqual(['9007199254740992', '9007199254740993']);
  });

  it('opens when it ends in a sequence of tensors: they become outputs', async () => {
    const folder = new URL('../../../../test/fixtures/classifiers/', import.meta.url).pathname;
    const session = await openSession(join(folder, 'ml_mo__nozip.onnx'));
    expect(session.signature.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['label', [-1, 3]],
      ['probabilities1', [-1, 2]],
      ['probabilities2', [-1, 2]],
      ['probabilities3', [-1, 2]],
    ]);
  });

  it('may have external data', async () => {
    const graph: OnnxGraph = {
      inputs: [{ name: 'x', type: 'float32', shape: [-1, 2] }],
      outputs: [{ name: 'p', sequenceOfMapsFrom: 'int64' }],
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['s'] },
        {
          op: 'ZipMap',
          domain: 'ai.onnx.ml',
          inputs: ['s'],
          outputs: ['p'],
          attributes: { classlabels_int64s: { ints: [0, 1] } },
        },
      ],
      initializers: [{ name: 'w', type: 'float32', dims: [2, 2], external: 'w.bin' }],
    };
    const session = await open(buildModel(graph), { 'w.bin': weightBytes(WEIGHTS) });
    const { p } = await session.run({ x: createTensor('float32', [1, 2], [1, 1]) });
    expect(p).toEqual(createTensor('float32', [1, 2], [4, 6]));
  });

  it.skipIf(!hasSharedData)(`is what scikit-learn exports${NEEDS_SHARED_DATA}`, async () => {
    const session = await openSession(join(SHARED_DATA, 'iris_svc.onnx'));
    expect(session.signature.outputs[1]).toMatchObject({ name: 'output_probability', labels: [0, 1, 2] });
    const { output_label: label, output_probability: probability } = await session.run({
      float_input: createTensor('float32', [2, 4], [5.1, 3.5, 1.4, 0.2, 6.3, 3.3, 6, 2.5]),
    });
    expect(label?.data).toEqual(BigInt64Array.of(0n, 2n));
    expect(probability?.data[0]).toBeGreaterThan(0.9);
    expect(probability?.data[5]).toBeGreaterThan(0.9);
  });
});

describe('findExternalData', () => {
  const external = (location: string) => ({ name: location, type: 'float32', dims: [1], external: location }) as const;
  const graphWith = (extra: Partial<OnnxGraph>): Buffer =>
    buildModel({ inputs: [], outputs: [{ name: 'y', type: 'float32', shape: [1] }], nodes: [], ...extra });
  const find = async (model: Uint8Array | string) =>
    findExternalData(join(await modelFolder({ 'model.onnx': model }), 'model.onnx'));

  it('finds initializers, constants and what nested graphs hold, each file once', async () => {
    const body = { inputs: [], outputs: [], nodes: [], initializers: [external('sub/nested.bin'), external('a.bin')] };
    const model = graphWith({
      initializers: [external('a.bin')],
      nodes: [
        { op: 'Constant', inputs: [], outputs: ['c'], attributes: { value: { tensor: external('constant.bin') } } },
        { op: 'If', inputs: ['c'], outputs: ['y'], attributes: { then_branch: { graph: body } } },
      ],
    });
    expect((await find(model)).toSorted()).toEqual(['a.bin', 'constant.bin', 'sub/nested.bin']);
  });

  it('finds none in a model that holds its weights', async () => {
    expect(await find(matMulModel({ weights: WEIGHTS }))).toEqual([]);
  });

  it.each(['../secret.bin', '/etc/passwd', 'a/../../b', 'C:\\weights.bin', 'a\\..\\b', ''])(
    'refuses the path %j',
    async (location) => {
      await expect(find(graphWith({ initializers: [external(location)] }))).rejects.toThrow(
        'expected a path inside the folder of the model',
      );
    },
  );

  it('refuses what is not a model', async () => {
    await expect(find('hello world')).rejects.toThrow('model.onnx is not an ONNX model, or it is damaged');
  });
});

describe('readOnnxOptions', () => {
  it('takes every key', async () => {
    const onnx = {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionProviders: 'cpu',
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      enableCpuMemArena: true,
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: { session: { disable_prepacking: 1 } },
    };
    const options = readOnnxOptions({ onnx, other: 'keys do not matter' });
    expect(options).toEqual({ ...onnx, executionProviders: ['cpu'], extra: { 'session.disable_prepacking': '1' } });
    const folder = await modelFolder({ 'model.onnx': identityModel() });
    await (await openSession(join(folder, 'model.onnx'), options)).close();
  });

  it('gives a GPU provider the GPU of the worker', () => {
    const onnx = { executionProviders: ['cuda', { name: 'cpu' }] };
    expect(readOnnxOptions({ onnx }, 1).executionProviders).toEqual([{ name: 'cuda', deviceId: 1 }, { name: 'cpu' }]);
  });

  it.each([
    [{ threads: 1 }, 'unknown key onnx.threads; known are intraOpNumThreads,'],
    [{ intraOpNumThreads: -1 }, 'onnx.intraOpNumThreads must be an integer of at least 0, got -1'],
    [{ executionMode: 'fast' }, 'onnx.executionMode must be one of sequential, parallel, got "fast"'],
    [{ executionProviders: [7] }, 'onnx.executionProviders[0] must be a text, got 7'],
    [{ enableCpuMemArena: 'yes' }, 'onnx.enableCpuMemArena must be true or false, got "yes"'],
    [[], 'onnx must be keys and values, got an array of 0'],
  ])('refuses %j, naming the key', (onnx, message) => {
    expect(() => readOnnxOptions({ onnx })).toThrow(message);
  });
});

describe('the threads of a session', () => {
  it.each([
    ['1', {}, 1],
    [' 3 ', {}, 3],
    ['4,2', {}, 4],
    ['2', { intraOpNumThreads: 5 }, 5],
    ['2', { intraOpNumThreads: 0 }, 0],
    ['', {}, undefined],
    ['0', {}, undefined],
    ['many', {}, undefined],
    ['-2', {}, undefined],
  ])('are, with OMP_NUM_THREADS "%s" and the options %j: %s', (variable, options, expected) => {
    vi.stubEnv('OMP_NUM_THREADS', variable);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(toSessionOptions(options).intraOpNumThreads).toBe(expected);
  });
});

it('ONNX Runtime is told not to write telemetry', async () => {
  await open(identityModel());
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
});
