import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxNode,
  type OnnxTensor,
} from '../../../../../test/fixtures/onnx-builder.ts';
import { readModel } from '../graph.ts';
import { scoreKinds, type ScoreKind } from './score-kind.ts';

const scalar = (name: string, value: number): OnnxTensor => ({
  name,
  type: 'float32',
  dims: [],
  bytes: floatBytes([value]),
});

const CONSTANTS: readonly OnnxTensor[] = [
  scalar('one', 1),
  scalar('two', 2),
  scalar('half', 0.5),
  scalar('tiny', 1e-9),
  { name: 'axis', type: 'int64', dims: [1], bytes: int64Bytes([1]) },
  { name: 'first', type: 'int64', dims: [1], bytes: int64Bytes([0]) },
];

/** `y`, and how it is made of `x`: one `output = Op(inputs) attribute=integer` after the other. */
function kindOf(text: string): ScoreKind | undefined {
  const nodes = text.split(';').map((line): OnnxNode => {
    const [, output = '', op = '', inputs = '', rest = ''] = /^\s*(\w+) = (\w+)\(([^)]*)\)(.*)$/.exec(line) ?? [];
    const attributes = Object.fromEntries(
      [...rest.matchAll(/(\w+)=(-?\d+)/g)].map(([, name = '', value]) => [name, { int: Number(value) }]),
    );
    return { op, inputs: inputs.split(', '), outputs: [output], attributes };
  });
  const value = (name: string) => ({ name, type: 'float32', shape: ['n', 3] }) as const;
  const bytes = buildModel({ inputs: [value('x')], outputs: [value('y')], nodes, initializers: CONSTANTS });
  return scoreKinds(readModel(bytes).graph).get('y');
}

describe('an output is a distribution over the classes', () => {
  it.each([
    ['of a softmax', 'y = Softmax(x) axis=1'],
    ['of a softmax whose form changes', 's = Softmax(x); c = Cast(s) to=11; r = Reshape(c, axis); y = Identity(r)'],
    ['of a quantized softmax', 's = Softmax(x); q = QuantizeLinear(s, half, one); y = DequantizeLinear(q, half, one)'],
    ['of the exponential of a log softmax', 's = LogSoftmax(x); y = Exp(s)'],
    ['of exponentials over their sum', 'e = Exp(x); s = ReduceSum(e, axis) keepdims=1; y = Div(e, s)'],
    ['of sigmoids over their sum', 'e = Sigmoid(x); s = ReduceSum(e, axis); m = Add(s, tiny); y = Div(e, m)'],
    ['of a log-sum-exp', 's = ReduceLogSumExp(x, axis); d = Sub(x, s); y = Exp(d)'],
    ['of one minus a value, and the value', 'p = Sigmoid(x); q = Sub(one, p); y = Concat(q, p) axis=1'],
    ['of the mean of two models', 'a = Softmax(x); b = Softmax(x); s = Add(a, b); y = Div(s, two)'],
    ['of the weighted mean of two', 'a = Softmax(x); b = Mul(a, half); c = Mul(half, a); y = Sum(b, c)'],
    ['of L1-normalized positive values', 'e = Softplus(x); y = LpNormalization(e) p=1'],
    ['clipped where nothing is cut', 's = Softmax(x); y = Clip(s, , one)'],
  ])('%s', (_, nodes) => {
    expect(kindOf(nodes)).toBe('probabilities');
  });
});

describe('an output is a probability for each class', () => {
  it.each([
    ['of a sigmoid', 'y = Sigmoid(x)'],
    ['of the other side of a sigmoid', 's = Sigmoid(x); y = Sub(one, s)'],
    ['of several sigmoids', 'a = Sigmoid(x); b = Sigmoid(x); c = Sigmoid(x); y = Concat(a, b, c) axis=1'],
    ['of a column of a softmax', 's = Softmax(x); y = Slice(s, first, axis, axis)'],
  ])('%s', (_, nodes) => {
    expect(kindOf(nodes)).toBe('separate probabilities');
  });
});

it('an output is logarithms of probabilities', () => {
  expect(kindOf('y = LogSoftmax(x)')).toBe('log probabilities');
  expect(kindOf('s = ReduceLogSumExp(x, axis); y = Sub(x, s)')).toBe('log probabilities');
});

describe('an output is no probability', () => {
  it.each([
    ['of a matrix product', 'y = MatMul(x, one)'],
    ['that lies between 0 and 1', 'y = Clip(x, , one)'],
    ['of a tanh', 'y = Tanh(x)'],
    ['of a sum of two softmaxes', 's = Softmax(x); y = Add(s, s)'],
    ['of a difference', 's = Softmax(x); y = Sub(s, half)'],
    ['of a softmax over the batch', 'y = Softmax(x) axis=0'],
    ['of values over the sum of others', 'e = Exp(x); f = Exp(e); s = ReduceSum(f, axis); y = Div(e, s)'],
    ['of values over their sum, which may be negative', 's = ReduceSum(x, axis); y = Div(x, s)'],
    ['of exponentials over the sum of the batch', 'e = Exp(x); s = ReduceSum(e, first); y = Div(e, s)'],
    ['of L2-normalized positive values', 'e = Relu(x); y = LpNormalization(e) p=2'],
    ['of L1-normalized values of any sign', 'y = LpNormalization(x) p=1'],
    ['of exponentials', 'y = Exp(x)'],
    ['of a softmax behind an operator that is unknown', 's = Softmax(x); y = Mystery(s)'],
    ['of a softmax that is scaled', 's = Softmax(x); y = Mul(s, two)'],
    ['of a softmax by other values', 's = Softmax(x); y = Mul(s, x)'],
  ])('%s', (_, nodes) => {
    expect(kindOf(nodes)).toBe('scores');
  });
});
