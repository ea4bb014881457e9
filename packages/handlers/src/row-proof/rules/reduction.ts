/** Operators that work along axes: rows stay apart when none of these is the batch. */
import { notFollowed } from '../not-followed.ts';
import { type Operation, type Rule, type Rules } from '../operation.ts';
import { ONE, type Size } from '../size.ts';
import { numberOf, traced, type Traced } from '../traced.ts';

const reduce: Rule = (operation) => {
  const axes = operation.axes('axes', 1);
  const { shape } = operation.data(0);
  if ((axes === undefined || axes.length === 0) && operation.node.int('noop_with_empty_axes', 0) !== 0)
    return traced(shape, operation.data(0).outer);
  const all = axes === undefined || axes.length === 0 ? [...shape.keys()] : axes;
  return reduced(operation, all);
};

const argument: Rule = (operation) => reduced(operation, [operation.node.int('axis', 0)]);

function reduced(operation: Operation, wanted: readonly number[]): Traced {
  const { shape, outer } = operation.data(0);
  const axes = wanted.map((axis) => operation.axis(axis, shape.length));
  operation.requireBatchOff(axes);
  const isKept = operation.node.int('keepdims', 1) !== 0;
  const sizes = shape.flatMap((size, axis): Size[] => (axes.includes(axis) ? (isKept ? [ONE] : []) : [size]));
  return traced(sizes, outer);
}

/** Operator sets before 13 took all axes from the given one on as one. */
const softmax: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const axis = operation.axis(operation.node.int('axis', operation.opset < 13 ? 1 : -1), shape.length);
  operation.requireBatchOff(operation.opset < 13 ? from(axis, shape) : [axis]);
  return traced(shape, outer);
};

function from(axis: number, shape: readonly Size[]): number[] {
  return [...shape.keys()].filter((other) => other >= axis);
}

/** Of one axis, the shape stays. */
const alongAxis =
  (missing: number): Rule =>
  (operation) => {
    const { shape, outer } = operation.data(0);
    operation.requireBatchOff([operation.axis(operation.node.int('axis', missing), shape.length)]);
    return traced(shape, outer);
  };

/** The axis is an input. */
const cumulative: Rule = (operation) => {
  const [axis = 0] = operation.numbers(1);
  const { shape, outer } = operation.data(0);
  operation.requireBatchOff([operation.axis(axis, shape.length)]);
  return traced(shape, outer);
};

const topK: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  const axis = operation.axis(operation.node.int('axis', -1), shape.length);
  operation.requireBatchOff([axis]);
  const given = operation.node.int('k') ?? numberOf(operation.inputs[1]?.values?.[0]);
  const count = given === undefined ? operation.own('k') : { ...ONE, factor: given };
  const values = traced(
    shape.map((size, other) => (other === axis ? count : size)),
    outer,
  );
  return [values, values];
};

/** Over all axes from one on; the other inputs are weights. */
const layerNormalization: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  const axis = operation.axis(operation.node.int('axis', -1), shape.length);
  operation.requireBatchOff(from(axis, shape));
  const statistics = traced(
    shape.map((size, other) => (other >= axis ? ONE : size)),
    outer,
  );
  return [traced(shape, outer), statistics, statistics];
};

/** Of all axes but the first two, for each row and channel: weights are the same for all. */
const perChannel: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  if (operation.batchAxis(0) !== 0) throw notFollowed('mixes');
  return traced(shape, outer);
};

/** With the statistics of its training; with those of the batch, when it has more than one output. */
const batchNormalization: Rule = (operation) => {
  const { node } = operation;
  const isTraining = node.int('training_mode', 0) !== 0 || node.outputs.filter((name) => name !== '').length > 1;
  if (isTraining || (operation.opset < 7 && node.int('is_test', 0) === 0)) throw notFollowed('mixes');
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  if (operation.batchAxis(0) === 1) throw notFollowed('mixes');
  return traced(shape, outer);
};

const meanVariance: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const axes = operation.node.ints('axes') ?? [0, 2, 3];
  operation.requireBatchOff(axes.map((axis) => operation.axis(axis, shape.length)));
  return traced(shape, outer);
};

const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'];

/** By operator. */
export const REDUCTION_RULES: Rules = {
  ...Object.fromEntries(REDUCTIONS.map((name) => [`Reduce${name}`, reduce])),
  ArgMax: argument,
  ArgMin: argument,
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  LpNormalization: alongAxis(-1),
  CumSum: cumulative,
  CumProd: cumulative,
  TopK: topK,
  LayerNormalization: layerNormalization,
  RMSNormalization: layerNormalization,
  SimplifiedLayerNormalization: layerNormalization,
  InstanceNormalization: perChannel,
  GroupNormalization: perChannel,
  LRN: perChannel,
  BatchNormalization: batchNormalization,
  MeanVarianceNormalization: meanVariance,
};
