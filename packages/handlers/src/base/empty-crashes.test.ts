import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxNode,
  type OnnxTensor,
} from '../../../../test/fixtures/onnx-builder.ts';
import { serve } from '../test-support/serve.ts';
import { createTensor } from '../tensor/tensor.ts';

const weights = (name: string, dims: readonly number[]): OnnxTensor => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { name, type: 'float32', dims, bytes: floatBytes(Array.from({ length: count }, () => 0.5)) };
};

const CONSTANTS: readonly OnnxTensor[] = [
  { name: 'one', type: 'int64', dims: [1], bytes: int64Bytes([1]) },
  weights('channels', [4]),
  ...[1, 3, 4].flatMap((gates) => [weights(`w${gates}`, [1, 3 * gates, 4]), weights(`r${gates}`, [1, 3 * gates, 3])]),
];

const RECURRENT = ['LSTM', 'GRU', 'RNN'];

/** x has one axis after the other that is dynamic, and four features; channels second for images. */
function modelOf(node: OnnxNode, rank: number): Buffer {
  const dynamic = Array.from({ length: rank - 2 }, (_, axis) => `axis${axis + 1}`);
  const isImage = node.op === 'InstanceNormalization';
  const outputRank = RECURRENT.includes(node.op) ? 4 : rank;
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: isImage ? ['batch', 4, ...dynamic] : ['batch', ...dynamic, 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: Array.from({ length: outputRank }, () => -1) }],
    nodes: [node],
    initializers: CONSTANTS.filter(({ name }) => node.inputs.includes(name)),
  });
}

const topK: OnnxNode = { op: 'TopK', inputs: ['x', 'one'], outputs: ['y', 'places'] };
const layer = (op: string, gates: number): OnnxNode => ({
  op,
  inputs: ['x', `w${gates}`, `r${gates}`],
  outputs: ['y'],
  attributes: { hidden_size: { int: 3 } },
});
const unique: OnnxNode = { op: 'Unique', inputs: ['x'], outputs: ['y'], attributes: { axis: { int: 0 } } };
const instance: OnnxNode = { op: 'InstanceNormalization', inputs: ['x', 'channels', 'channels'], outputs: ['y'] };

const empty = (shape: readonly number[]) => ({ x: createTensor('float32', shape, []) });

describe('a tensor without elements', () => {
  it.each<[string, OnnxNode, number[]]>([
    ['no rows, TopK', topK, [0, 4]],
    ['no steps, TopK', topK, [1, 0, 4]],
    ['no steps, LSTM', layer('LSTM', 4), [0, 2, 4]],
    ['no sequences, LSTM', layer('LSTM', 4), [5, 0, 4]],
    ['no sequences, GRU', layer('GRU', 3), [5, 0, 4]],
    ['no rows, Unique', unique, [0, 4]],
    ['no places, InstanceNormalization', instance, [1, 4, 0]],
  ])('is refused where ONNX Runtime would crash: %s', async (_, node, shape) => {
    const [error] = await serve(modelOf(node, shape.length), [empty(shape)]);
    expect(error).toMatchObject({
      name: 'PredictionError',
      status: 400,
      message: `Input "x" has no elements, its shape is [${shape.join(', ')}]; this model has the operator ${node.op}, in which ONNX Runtime crashes then. Send at least one row, and no axis of size 0`,
    });
  });

  it.each<[string, OnnxNode, number[], unknown]>([
    ['no rows', { op: 'Softmax', inputs: ['x'], outputs: ['y'] }, [0, 4], []],
    ['no rows, an image', { op: 'GlobalMaxPool', inputs: ['x'], outputs: ['y'] }, [0, 2, 4], []],
    ['no sequences, RNN', layer('RNN', 1), [1, 0, 4], [[[]]]],
  ])('is answered where it would not: %s', async (_, node, shape, answer) => {
    expect(await serve(modelOf(node, shape.length), [empty(shape)])).toEqual([answer]);
  });

  it('is answered as a past of no steps, in a model that samples', async () => {
    const model = buildModel({
      inputs: [
        { name: 'x', type: 'float32', shape: ['batch', 4] },
        { name: 'past', type: 'float32', shape: ['batch', 'steps', 4] },
      ],
      outputs: [
        { name: 'y', type: 'float32', shape: ['batch', 1] },
        { name: 'present', type: 'float32', shape: ['batch', 'steps', 4] },
      ],
      nodes: [topK, { op: 'Relu', inputs: ['past'], outputs: ['present'] }],
      initializers: CONSTANTS.slice(0, 1),
    });
    const row = { x: createTensor('float32', [1, 4], [1, 3, 2, 0]), past: createTensor('float32', [1, 0, 4], []) };
    expect(await serve(model, [row])).toEqual([{ y: [[3]], present: [[]] }]);
    const none = { x: createTensor('float32', [0, 4], []), past: createTensor('float32', [0, 2, 4], []) };
    expect(await serve(model, [none])).toMatchObject([{ status: 400 }]);
  });

  it('is refused beside others, which are answered', async () => {
    const rows = [createTensor('float32', [1, 4], [1, 3, 2, 0]), createTensor('float32', [0, 4], [])];
    const results = await serve(
      modelOf(topK, 2),
      rows.map((x) => ({ x })),
    );
    expect(results[0]).toEqual([[3]]);
    expect(results[1]).toMatchObject({ status: 400 });
  });

  it('is refused where the operator is in a graph inside of another', async () => {
    const branch = (node: OnnxNode) => ({
      graph: {
        inputs: [],
        outputs: [{ name: node.outputs[0] as string, type: 'float32' as const, shape: [-1, -1] }],
        nodes: [node],
      },
    });
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4] }],
      outputs: [{ name: 'y', type: 'float32', shape: [-1, -1] }],
      nodes: [
        {
          op: 'If',
          inputs: ['yes'],
          outputs: ['y'],
          attributes: {
            then_branch: branch({ op: 'TopK', inputs: ['x', 'one'], outputs: ['t', 'places'] }),
            else_branch: branch({ op: 'Relu', inputs: ['x'], outputs: ['e'] }),
          },
        },
      ],
      initializers: [...CONSTANTS.slice(0, 1), { name: 'yes', type: 'bool', dims: [], bytes: new Uint8Array([1]) }],
    });
    expect(await serve(model, [empty([0, 4])])).toMatchObject([{ status: 400 }]);
  });
});
