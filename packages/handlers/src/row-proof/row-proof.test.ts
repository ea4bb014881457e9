import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxAttribute,
  type OnnxDim,
  type OnnxNode,
  type OnnxTensor,
} from '../../../../test/fixtures/onnx-builder.ts';
import { FLOWERS } from '../../../../test/fixtures/page-models.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { readModel } from '../onnx/graph.ts';
import { nodesOf } from '../test-support/graph-text.ts';
import { proveRows } from './row-proof.ts';

const CONSTANTS: readonly OnnxTensor[] = [
  ...Object.entries({
    zero: [0],
    one: [1],
    two: [2],
    minusOne: [-1],
    four: [4],
    flat: [0, -1],
    pairs: [-1, 2],
    far: [2 ** 40],
  }).map(([name, values]): OnnxTensor => ({ name, type: 'int64', dims: [values.length], bytes: int64Bytes(values) })),
  { name: 'first', type: 'int64', dims: [], bytes: int64Bytes([0]) },
  { name: 'scale', type: 'float32', dims: [], bytes: floatBytes([0.5]) },
  { name: 'w', type: 'float32', dims: [4, 4], bytes: floatBytes(Array.from({ length: 16 }, (_, index) => index)) },
  { name: 'row', type: 'float32', dims: [4], bytes: floatBytes([1, 2, 3, 4]) },
  { name: 'three', type: 'float32', dims: [3, 4], bytes: floatBytes(Array.from({ length: 12 }, (_, index) => index)) },
];

/** x is float32 [batch, 4] unless told otherwise; y is the output. */
function prove(steps: string, shape: readonly OnnxDim[] = ['batch', 4]) {
  const proof = proveRows(
    readModel(
      buildModel({
        inputs: [{ name: 'x', type: 'float32', shape }],
        outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
        nodes: nodesOf(steps),
        initializers: CONSTANTS,
      }),
    ),
  );
  return proof.verdict === 'proven' ? 'proven' : `${proof.verdict}: ${proof.reason}`;
}

const IMAGE = ['batch', 4, 8, 8];
const STEPS = ['batch', 'steps', 4];

describe('rows are shown to be apart', () => {
  it.each<[string, string, OnnxDim[]?]>([
    ['in products with weights', 'h = MatMul(x, w)\nb = Add(h, row)\ny = Relu(b)'],
    ['in Gemm', 'y = Gemm(x, w, row| transB=1)'],
    ['in softmax over features', 'y = Softmax(x| axis=-1)'],
    ['in reductions over features', 'm = ReduceMean(x| axes=[1])\ny = Sub(x, m)'],
    ['in ArgMax over features', 'y = ArgMax(x| axis=1; keepdims=0)'],
    ['in TopK', 'y, i = TopK(x, two)'],
    ['in running sums over features', 'y = CumSum(x, one)'],
    ['in Flatten', 'y = Flatten(x| axis=1)', IMAGE],
    ['in Reshape with a 0 that copies the batch', 'y = Reshape(x, flat)', IMAGE],
    [
      'in the Shape, Gather, Concat, Reshape of a view',
      's = Shape(x)\nn = Gather(s, zero)\nt = Concat(n, minusOne| axis=0)\ny = Reshape(x, t)',
      IMAGE,
    ],
    ['in a fold of the batch that is undone', 's = Shape(x)\nf = Reshape(x, pairs)\nr = Relu(f)\ny = Reshape(r, s)'],
    ['in a turn that is undone', 't = Transpose(x| perm=[1,0])\nr = Relu(t)\ny = Transpose(r| perm=[1,0])'],
    [
      'in attention over the steps of each row',
      't = Transpose(x| perm=[0,2,1])\ns = MatMul(x, t)\na = Softmax(s| axis=-1)\ny = MatMul(a, x)',
      STEPS,
    ],
    ['in a whole Slice along the batch', 'y = Slice(x, zero, far, zero)'],
    ['in a Slice of features', 'y = Slice(x, one, two, one)'],
    ['in Concat of features', 'y = Concat(x, x| axis=1)'],
    ['in Gather of features', 'y = Gather(x, zero| axis=1)'],
    ['in a look-up of each row', 'i = ArgMax(x| axis=1; keepdims=0)\ny = Gather(w, i)'],
    ['in Unsqueeze and Squeeze of another axis', 'u = Unsqueeze(x, one)\ny = Squeeze(u, one)'],
    ['in pools', 'y = MaxPool(x| kernel_shape=[2,2])', IMAGE],
    ['in BatchNormalization after training', 'y = BatchNormalization(x, row, row, row, row)', IMAGE],
    ['in Where', 'c = Greater(x, scale)\ny = Where(c, x, row)'],
    ['in DepthToSpace', 'y = DepthToSpace(x| blocksize=2)', IMAGE],
    ['in Einsum', 'y = Einsum(x, w| equation=bi,ij->bj)'],
    ['in static quantization', 'q = QuantizeLinear(x, scale)\ny = DequantizeLinear(q, scale)'],
    ['in trees', 'l, y = TreeEnsembleClassifier@ai.onnx.ml(x)'],
    ['with a size of the batch that only shapes an output', 's = Shape(x)\nz = ConstantOfShape(s)\ny = Add(z, x)'],
    ['whatever the first axis is called', 'y = Relu(x)', ['sequence', 4]],
    ['whatever else has the name of the batch', 'y = Softmax(x| axis=1)', ['s0', 's0']],
  ])('%s', (_, steps, shape) => {
    expect(prove(steps, shape)).toBe('proven');
  });
});

describe('rows are not merged, without trials,', () => {
  it.each<[string, string, string, OnnxDim[]?]>([
    ['in x · xᵀ', 't = Transpose(x)\ns = MatMul(x, t)\ny = MatMul(s, x)', 'MatMul "s"'],
    ['in softmax along the batch', 'y = Softmax(x| axis=0)', 'Softmax "y"'],
    ['in means over the batch', 'm = ReduceMean(x| axes=[0])\ny = Sub(x, m)', 'ReduceMean "m"'],
    ['in reductions of everything', 'm = ReduceMax(x)\ny = Sub(x, m)', 'ReduceMax "m"'],
    ['in running sums along the batch', 'y = CumSum(x, zero)', 'CumSum "y"'],
    [
      'when a scale is taken over all rows',
      'q, s, z = DynamicQuantizeLinear(x)\ny = DequantizeLinear(q, s, z)',
      'DynamicQuantizeLinear "q"',
    ],
    [
      'when a scale is taken behind what is not known',
      'u = Odd(x)\nq, s, z = DynamicQuantizeLinear(u)\ny = DequantizeLinear(q, s, z)',
      'DynamicQuantizeLinear "q"',
    ],
    [
      'when the size of the batch is a number to count with',
      's = Shape(x)\nn = Gather(s, first)\nf = Cast(n| to=1)\ny = Div(x, f)',
      'Div "y"',
    ],
    ['when the length depends on the data', 'z = NonZero(x)\ny = Transpose(z)', 'NonZero "z"'],
    ['when the batch was fixed by the export', 'y = Reshape(x, four)', 'Reshape "y"'],
    ['when rows would be cut across', 'y = Reshape(x, pairs)', 'Reshape "y"', ['batch', 3]],
    [
      'when rows come one behind the other with others',
      'y = Reshape(x, minusOne)',
      'output "y" does not have the batch as its first axis',
    ],
    ['when constants stand beside single rows', 'y = Add(x, three)', 'Add "y"'],
    ['when the batch meets features', 'm = ReduceMax(x| axes=[1]; keepdims=0)\ny = Add(x, m)', 'Add "y"'],
    ['in Concat along the batch', 'y = Concat(x, x| axis=0)', 'Concat "y"'],
    ['in Gather along the batch', 'y = Gather(x, zero)', 'Gather "y"'],
    ['in Slice along the batch', 'y = Slice(x, zero, one, zero)', 'Slice "y"'],
    ['in a Squeeze that drops the axis of one row', 'y = Squeeze(x)', 'Squeeze "y"'],
    ['in the places that MaxPool tells', 'p, y = MaxPool(x| kernel_shape=[2,2])', 'MaxPool "p"', IMAGE],
    ['in MeanVarianceNormalization', 'y = MeanVarianceNormalization(x)', 'MeanVarianceNormalization "y"', IMAGE],
    [
      'in BatchNormalization in training',
      'y, m, v = BatchNormalization(x, row, row, row, row| training_mode=1)',
      'BatchNormalization "y"',
      IMAGE,
    ],
    ['in layers whose steps come first', 'y = LSTM(x, w, w| hidden_size=4)', 'LSTM "y"', STEPS],
    ['when it is random', 'r = RandomNormalLike(x)\ny = Add(x, r)', 'RandomNormalLike "r"'],
    ['when the batch ends up behind', 'y = Transpose(x)', 'output "y" does not have the batch as its first axis'],
    ['when an output has no rows', 'y = Relu(w)', 'output "y" is the same for all rows'],
    ['when the batch is fixed', 'y = Relu(x)', 'the batch of input "x" is fixed at 2', [2, 4]],
    ['when there is no batch axis', 'y = Relu(x)', 'input "x" has no batch axis', []],
    ['in a graph that is chosen by the data', 'y = If(x)', 'If "y"'],
  ])('%s', (_, steps, reason, shape) => {
    expect(prove(steps, shape)).toBe(`mixes: ${reason}`);
  });
});

it('is shown of names that are looked up in a constant', () => {
  expect(proveRows(readModel(FLOWERS))).toMatchObject({ verdict: 'proven' });
});

it('cannot be told for operators that are not known: those are for trials', () => {
  expect(prove('u = Odd(x)\ny = Relu(u)')).toBe('unknown: Odd "u"');
  expect(prove('y = Odd@com.example(x)')).toBe('unknown: Odd "y"');
});

describe.skipIf(!hasSharedData)(`models that changed answers${NEEDS_SHARED_DATA}`, () => {
  it.each([
    ['attention-axis0.onnx', 'MatMul "s"'],
    ['compress.onnx', 'Compress "y"'],
    ['nonzero.onnx', 'NonZero "z"'],
    ['quantized-dynamic.onnx', 'DynamicQuantizeLinear "x_QuantizeLinear"'],
  ])('%s: %s', async (file, reason) => {
    const proof = proveRows(readModel(await readFile(join(SHARED_DATA, 'faults', file))));
    expect(proof).toMatchObject({ verdict: 'mixes', reason });
  });
});

it('takes a graph of 5,000 nodes in a moment', () => {
  const nodes = Array.from({ length: 5000 }, (_, index): OnnxNode => {
    const [input, output] = [index === 0 ? 'x' : `v${index - 1}`, index === 4999 ? 'y' : `v${index}`];
    return index % 2 === 0
      ? { op: 'MatMul', inputs: [input, 'w'], outputs: [output] }
      : { op: 'Add', inputs: [input, 'row'], outputs: [output] };
  });
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['batch', 4] }],
    nodes,
    initializers: CONSTANTS,
  });
  const startedAt = performance.now();
  expect(proveRows(readModel(model)).verdict).toBe('proven');
  // Some 30 ms where nothing else runs.
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

it('does not grow without bound for sizes that are squared again and again', () => {
  const squares = Array.from({ length: 200 }, (_, index) => `s${index + 1} = Mul(s${index}, s${index})`);
  const steps = ['s = Shape(x)', 's0 = Gather(s, one)', ...squares, 't = Concat(s0, s200| axis=0)', 'y = Expand(x, t)'];
  expect(prove(steps.join('\n'), STEPS)).toBe('unknown: Expand "y"');
});

describe('a graph that is chosen (If)', () => {
  const branch = (op: string, inputs: readonly string[]) =>
    ({
      graph: {
        inputs: [],
        outputs: [{ name: 'result', type: 'float32', shape: [-1] }],
        nodes: [{ op, inputs, outputs: ['result'] }],
      },
    }) as const;

  /** As PyTorch exports `squeeze(1)`: if the axis is 1, Squeeze, else Identity; or by what `steps` make of x. */
  function chosen(steps: string, [then_branch, else_branch]: readonly ReturnType<typeof branch>[]) {
    const nodes = nodesOf(steps);
    const attributes = { then_branch: then_branch as OnnxAttribute, else_branch: else_branch as OnnxAttribute };
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 1, 4] }],
      outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
      nodes: [...nodes, { op: 'If', inputs: ['c'], outputs: ['y'], attributes }],
      initializers: CONSTANTS,
    });
    return proveRows(readModel(model)).verdict;
  }

  const size = (axis: string) => `s = Shape(x)\nd = Gather(s, ${axis})\nc = Equal(d, one)`;
  const squeeze = [branch('Squeeze', ['x', 'one']), branch('Identity', ['x'])];

  it('is followed where a size that is known chooses', () => {
    expect(chosen(size('one'), squeeze)).toBe('proven');
  });

  it('is not, where the size of the batch does', () => {
    expect(chosen(size('zero'), squeeze)).toBe('mixes');
  });

  it('is not, where the data does', () => {
    expect(chosen('m = ReduceMax(x)\nc = Greater(m, scale)', [branch('Neg', ['x']), branch('Abs', ['x'])])).toBe(
      'mixes',
    );
  });

  it('is followed into the branch that is taken alone', () => {
    expect(chosen(size('one'), [branch('Neg', ['x']), branch('Transpose', ['x'])])).toBe('proven');
    expect(chosen(size('one'), [branch('Transpose', ['x']), branch('Neg', ['x'])])).toBe('mixes');
  });
});

describe('hostile shapes', () => {
  it('are not written out', () => {
    const huge: OnnxTensor = { name: 'huge', type: 'int64', dims: [0, 2 ** 40], bytes: int64Bytes([]) };
    const model = buildModel({
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4] }],
      outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
      nodes: nodesOf('h = Slice(huge, zero, one, zero)\ny = Reshape(x, h)'),
      initializers: [...CONSTANTS, huge],
    });
    expect(proveRows(readModel(model)).verdict).toBe('unknown');
  });

  it('of very many axes are not followed', () => {
    expect(prove('y = Relu(x)', ['batch', ...Array.from({ length: 100 }, () => 1)])).toBe(
      'mixes: input "x" has too many axes',
    );
  });
});
