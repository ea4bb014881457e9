/** Operators on quantized numbers; scales and zero points are the same for all rows. */
import { notFollowed } from '../not-followed.ts';
import { broadcast, type Operation, type Rule, type Rules } from '../operation.ts';
import { isOne, ONE } from '../size.ts';
import { traced } from '../traced.ts';
import { matMulOf } from './matrix.ts';

/** One scale for all, or one for each channel. */
const linear: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  const scale = operation.shape(1);
  if (scale.length > 1) throw notFollowed('unknown');
  const isForAll = scale.every(isOne);
  if (!isForAll) operation.requireBatchOff([operation.axis(operation.node.int('axis', 1), shape.length)]);
  return traced(shape, outer);
};

/** The scale is taken over all that goes through the model together, which `MIXING` tells. */
const dynamic: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  return [traced(shape, outer), traced([]), traced([])];
};

const qLinearBroadcast: Rule = (operation) => {
  requireSameAround(operation);
  const { shape, outer } = broadcast([operation.data(0), operation.data(3)], operation);
  return traced(shape, outer);
};

/** All but the two factors at 0 and 3. */
function requireSameAround(operation: Operation): void {
  operation.requireSame(1, 2);
  operation.requireSame(4);
}

const qGemm: Rule = (operation) => {
  if (operation.node.int('transA', 0) !== 0) throw notFollowed('mixes');
  requireSameAround(operation);
  const [a, b] = [operation.data(0), operation.data(3)];
  const isTransposed = operation.node.int('transB', 0) !== 0;
  return matMulOf(operation, a, isTransposed ? { ...b, shape: [...b.shape].reverse() } : b);
};

const qLinearSoftmax: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  const { node } = operation;
  const axis = operation.axis(node.int('axis', -1), shape.length);
  const isOneAxis = node.int('opset', 13) >= 13;
  operation.requireBatchOff([...shape.keys()].filter((other) => (isOneAxis ? other === axis : other >= axis)));
  return traced(shape, outer);
};

const matMulIntegerToFloat: Rule = (operation) => {
  operation.requireSame(2);
  return matMulOf(operation, operation.data(0), operation.data(1));
};

/** In threes from the third input on: values, scale, zero point. */
const qLinearConcat: Rule = (operation) => {
  for (const index of operation.inputs.keys())
    if (index < 2 || (index - 2) % 3 !== 0) operation.requireSame(index, index);
  const parts = operation.inputs.flatMap((_, index) =>
    index >= 2 && (index - 2) % 3 === 0 ? [operation.data(index)] : [],
  );
  const axis = operation.axis(operation.node.int('axis', 1), parts[0]?.shape.length ?? 0);
  if (parts.some(({ shape }) => (shape[axis]?.batch ?? 1) > 0)) throw notFollowed('mixes');
  const { shape, outer } = broadcast(
    parts.map((part) => ({ ...part, shape: part.shape.map((size, other) => (other === axis ? ONE : size)) })),
    operation,
  );
  return traced(
    shape.map((size, other) => (other === axis ? operation.own('sum') : size)),
    outer,
  );
};

/** By operator. */
export const QUANTIZED_RULES: Rules = {
  QuantizeLinear: linear,
  DequantizeLinear: linear,
  DynamicQuantizeLinear: dynamic,
  'com.microsoft:QuantizeLinear': linear,
  'com.microsoft:DequantizeLinear': linear,
  'com.microsoft:QLinearAdd': qLinearBroadcast,
  'com.microsoft:QLinearMul': qLinearBroadcast,
  'com.microsoft:QLinearConcat': qLinearConcat,
  'com.microsoft:QLinearSoftmax': qLinearSoftmax,
  'com.microsoft:QGemm': qGemm,
  'com.microsoft:MatMulIntegerToFloat': matMulIntegerToFloat,
};
