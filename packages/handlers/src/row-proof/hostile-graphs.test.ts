/** Graphs that were taken for such that keep rows apart, or left to trials that cannot show it: each row's answer is its own. */
import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxDim,
  type OnnxTensor,
} from '../../../../test/fixtures/onnx-builder.ts';
import type { ModelRow } from '../base/row-form.ts';
import { createTensor, elementCount } from '../tensor/tensor.ts';
import { expectSameInBatches, openModel } from '../test-support/compositions.ts';
import { nodesOf } from '../test-support/graph-text.ts';
import { randomNumbers, type Random } from '../test-support/random.ts';

const whole = (name: string, values: readonly number[], dims = [values.length]): OnnxTensor => ({
  name,
  type: 'int64',
  dims,
  bytes: int64Bytes(values),
});
const floats = (name: string, values: readonly number[], dims = [values.length]): OnnxTensor => ({
  name,
  type: 'float32',
  dims,
  bytes: floatBytes(values),
});

const CONSTANTS: readonly OnnxTensor[] = [
  whole('zero', [0]),
  whole('one', [1]),
  whole('two', [2]),
  whole('four', [4]),
  whole('minusOne', [-1]),
  whole('first', [0], []),
  whole('two4', [2, 4]),
  whole('fourRest', [4, -1]),
  whole('columnA', [-1, 2], [2, 1]),
  whole('columnB', [8, 1], [2, 1]),
  whole('square', [8, 0, -4, 0], [2, 2]),
  whole('column', [1], [1, 1]),
  floats('five', [5], []),
  floats(
    'w',
    Array.from({ length: 16 }, (_, index) => index),
    [4, 4],
  ),
  floats('hundred', [100], []),
];

function rowsOf(shape: readonly OnnxDim[], random: Random): ModelRow[] {
  return Array.from({ length: 6 }, () => {
    const length = 1 + random(3) * random(2);
    const dims = shape.map((dim, axis) => (axis === 0 ? length : typeof dim === 'number' ? dim : 3));
    const elements = Array.from({ length: elementCount(dims) }, () => random(2000) / 100 - 10);
    return { inputs: { x: createTensor('float32', dims, elements) }, length, isItem: length === 1 && random(2) === 0 };
  });
}

/** Whether rows of x, float32 [batch, 4] unless told otherwise, are merged; each answer is as if it came alone. */
async function mergingOf(steps: string, shape: readonly OnnxDim[] = ['batch', 4], opset = 17): Promise<string> {
  const model = buildModel(
    {
      inputs: [{ name: 'x', type: 'float32', shape }],
      outputs: [{ name: 'y', type: 'float32', shape: shape.map(() => -1) }],
      nodes: nodesOf(steps),
      initializers: CONSTANTS,
    },
    { opsets: { '': opset, 'com.microsoft': 1 } },
  );
  const opened = await openModel(model);
  const random = randomNumbers(7);
  const merging = await expectSameInBatches(opened, rowsOf(shape, random), { random, batches: 40 });
  await opened.session.close();
  return 'merged' in merging ? merging.merged : merging.apart;
}

const IMAGE = ['batch', 4, 4, 4];
const STEPS = ['batch', 'steps', 4];
const SIZE = 's = Shape(x)\nn = Gather(s, zero)\n';

/** What makes m of u, images that an operator without a rule has made. */
const HIDDEN: readonly (readonly [string, string, string])[] = [
  ['axes from the end', 'm = ReduceMax(u| axes=[-4]; keepdims=1)', 'ReduceMax "m"'],
  ['turned', 't = Transpose(u| perm=[1,0,2,3])\nm = ReduceMax(t| axes=[1]; keepdims=1)', 'Transpose "t"'],
  ['one row', 'm = Gather(u, zero)', 'Gather "m"'],
  ['a part of the rows', 'm = Slice(u, zero, one, zero)', 'Slice "m"'],
  ['one list', 'f = Reshape(u, minusOne)\nm = ReduceMax(f| axes=[-1]; keepdims=1)', 'ReduceMax "m"'],
  ['other rows', 'f = Reshape(u, fourRest)\nm = ReduceMax(f| axes=[0,1]; keepdims=1)', 'Reshape "f"'],
  ['a new axis', 'f = Unsqueeze(u, zero)\nm = ReduceMax(f| axes=[1]; keepdims=0)', 'Unsqueeze "f"'],
  ['places', 'm = GatherND(u, zero)', 'GatherND "m"'],
  ['sums so far', 'c = CumSum(u, first)\nm = Identity(c)', 'CumSum "c"'],
  ['best ones', 'm, k = TopK(u, one| axis=0)', 'TopK "m"'],
];

describe('rows go through the model one by one', () => {
  it.each<[string, string, string, (readonly OnnxDim[])?, number?]>([
    [
      'when the size of the batch becomes a bool, and that a size',
      `${SIZE}b = Cast(n| to=9)\ni = Cast(b| to=7)\nt = Concat(i, minusOne| axis=0)\nf = Reshape(x, t)\nh = Softmax(f| axis=1)\ny = Reshape(h, s)`,
      'Cast "b"',
    ],
    [
      'when the size of the batch is one of an image, too',
      `${SIZE}z = Concat(n, n, two, two| axis=0)\nk = Resize(x, , , z)\nm = ReduceMean(k| axes=[1]; keepdims=1)\ny = Identity(m)`,
      'Resize "k"',
      IMAGE,
    ],
    [
      'when a Resize keeps proportions, with the batch among its axes',
      `${SIZE}c = Gather(s, one)\nz = Concat(n, c, two, two| axis=0)\ny = Resize(x, , , z| keep_aspect_ratio_policy=not_larger)`,
      'Resize "y"',
      IMAGE,
      18,
    ],
    [
      'when shapes are joined along their last axis, where rows are cut across',
      't = Concat(columnA, columnB| axis=-1)\nu = Reshape(t, minusOne)\nv = Slice(u, zero, two, zero)\nf = Reshape(x, v)\nh = Softmax(f| axis=1)\ns = Shape(x)\ny = Reshape(h, s)',
      'Reshape "f"',
    ],
    [
      'when numbers are summed along one of two axes, and rows cut across by them',
      'r = ReduceSum(square, one)\nu = Reshape(r, minusOne)\nv = Slice(u, zero, one, zero)\nt = Concat(minusOne, v| axis=0)\nf = Reshape(x, t)\nh = Softmax(f| axis=1)\ns = Shape(x)\ny = Reshape(h, s)',
      'Reshape "f" is unknown; it takes 5 trials that agree',
    ],
    ['in Einsum that does not say its result', 'y = Einsum(x, x, x| equation=ij,kj,kl)', 'Einsum "y"'],
    ['in Einsum over hidden axes', 'y = Einsum(x, x, x| equation=...j,kj,kl->...l)', 'Einsum "y"'],
    ['when a node that nobody uses fits one number of rows', 'd = Reshape(x, two4)\ny = Relu(x)', 'Reshape "d"'],
    [
      'when the data tells where values go',
      'a = ReduceMax(x| axes=[1]; keepdims=1)\nb = Greater(a, five)\ni = Cast(b| to=7)\ny = ScatterND(x, i, x)',
      'ScatterND "y"',
    ],
    ['when values go to one row', 'u = Slice(x, zero, one, zero)\ny = ScatterND(x, column, u)', 'Slice "u"'],
    ['when the place in the batch counts', 'e = EyeLike(x)\ny = Add(e, x)', 'EyeLike "e"'],
    [
      'when rows become a list',
      'q = SplitToSequence(x| axis=0; keepdims=1)\ny = SequenceAt(q, first)',
      'SplitToSequence "q"',
    ],
    ...HIDDEN.map(([what, steps, reason]): [string, string, string, readonly OnnxDim[]] => [
      `when trials would have to be lucky, behind what is not known: ${what}`,
      `u = Inverse@com.microsoft(x)\n${steps}\nd = Sub(m, hundred)\nr = Relu(d)\ny = Add(x, r)`,
      reason,
      IMAGE,
    ]),
    [
      'when an operator that is not known is told the size of the batch',
      `s = Shape(x)\nn = Gather(s, first)\nv = HannWindow(n)\nm = Unsqueeze(v, one)\nd = Sub(m, hundred)\nr = Relu(d)\ny = Add(x, r)`,
      'HannWindow "v"',
    ],
    [
      'when trials would have to be lucky, behind what is not known',
      'u = Inverse@com.microsoft(x)\nm = ReduceMax(u| keepdims=1)\nd = Sub(m, hundred)\nr = Relu(d)\ny = Add(x, r)',
      'ReduceMax "m"',
      IMAGE,
    ],
  ])('%s', async (_, steps, reason, shape, opset) => {
    expect(await mergingOf(steps, shape, opset)).toBe(reason);
  });
});

describe('rows are merged', () => {
  it.each<[string, string, (readonly OnnxDim[])?]>([
    ['in Einsum that does not say its result', 'y = Einsum(x, w| equation=bi,ij)'],
    ['in Einsum over hidden axes', 'y = Einsum(x, x| equation=...ij,...jk->...ik)', ['batch', 4, 4]],
    [
      'in Einsum behind a turn that puts the batch last',
      't = Transpose(x| perm=[1,2,0])\ne = Einsum(t, t| equation=ijb,jkb->bik)\ny = Relu(e)',
      ['batch', 4, 4],
    ],
    [
      'when constants say where values go, in each row',
      't = Transpose(x| perm=[1,0])\nu = Slice(t, zero, one, zero)\nn = Neg(u)\nk = ScatterND(t, column, n)\ny = Transpose(k| perm=[1,0])',
    ],
    ['when a size becomes a bool', 's = Shape(x)\nn = Gather(s, one)\nb = Cast(n| to=9)\ny = Where(b, x, x)'],
    [
      'in Resize by sizes of which the first is the batch',
      `${SIZE}z = Concat(n, four, two, two| axis=0)\ny = Resize(x, , , z)`,
      IMAGE,
    ],
    ['in maxima over the steps of each row', 'm = ReduceMax(x| axes=[1]; keepdims=1)\ny = Sub(x, m)', STEPS],
  ])('%s', async (_, steps, shape) => {
    expect(await mergingOf(steps, shape)).toBe('proven');
  });
});

it('tries rows behind what is not known, as long as the first axis stays the first', async () => {
  const steps =
    'u = Inverse@com.microsoft(x)\nt = Transpose(u| perm=[0,2,1,3])\nh = Softmax(t| axis=-1)\nm = ReduceMax(h| axes=[2]; keepdims=1)\nf = Reshape(m, z)\ny = Reshape(f, g)';
  const shapes =
    's = Shape(x)\nn = Gather(s, zero)\nz = Concat(n, minusOne| axis=0)\ng = Concat(n, four, one, four| axis=0)\n';
  expect(await mergingOf(shapes + steps, IMAGE)).toBe('tried');
});

it('does not take a sparse constant for a single number', async () => {
  const model = buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: [-1, -1] }],
    nodes: nodesOf('s = Shape(x)\na = Add(x, c)\nh = Softmax(a| axis=1)\ny = Reshape(h, s)'),
    sparse: [{ values: floats('c', [1]), indices: whole('', [2]), dims: [1, 1, 4] }],
  });
  const opened = await openModel(model);
  const random = randomNumbers(7);
  const merging = await expectSameInBatches(opened, rowsOf(['batch', 4], random), { random, batches: 40 });
  await opened.session.close();
  expect(merging).toEqual({ apart: expect.stringContaining('get other results') as string });
});
