/** Operators that compute each element from the elements at the same place. */
import { notFollowed } from '../not-followed.ts';
import { names } from '../names.ts';
import { broadcast, type Operation, type Rule, type Rules } from '../operation.ts';
import { traced, type Traced } from '../traced.ts';

/** Of the first input; all others are the same for all rows. */
export const unary: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  return traced(shape, outer);
};

/** Of all inputs that are there. */
export const broadcasting: Rule = (operation) => broadcastOf(operation, [...operation.inputs.keys()]);

/** Shape of the inputs at these places, broadcast against each other. */
export function broadcastOf(operation: Operation, indices: readonly number[]): Traced {
  // Operator sets before 7 aligned axes by attributes.
  if (operation.node.has('broadcast')) throw notFollowed('unknown');
  const inputs = indices.filter((index) => operation.has(index)).map((index) => operation.data(index));
  const { shape, outer } = broadcast(inputs, operation);
  return traced(shape, outer);
}

/** In training it is random. */
const dropout: Rule = (operation) => {
  if (operation.has(2) && operation.numbers(2)[0] !== 0) throw notFollowed('mixes');
  const { shape, outer } = operation.data(0);
  return [traced(shape, outer), traced(shape, outer)];
};

/** Only the first input's elements count. */
const like: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  return traced(shape, outer);
};

const UNARY = names(`
  Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu
  HardSigmoid HardSwish IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink
  Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu RegexFullMatch
  com.microsoft:Gelu com.microsoft:QuickGelu com.microsoft:QLinearSigmoid
  com.microsoft:QLinearLeakyRelu
`);

const BROADCASTING = names(`
  Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual
  Max Mean Min Mod Mul Or Pow PRelu StringConcat Sub Sum Where Xor com.microsoft:BiasGelu
  com.microsoft:FastGelu com.microsoft:BiasAdd
`);

/** By operator. */
export const ELEMENTWISE_RULES: Rules = {
  ...Object.fromEntries(UNARY.map((op) => [op, unary])),
  ...Object.fromEntries(BROADCASTING.map((op) => [op, broadcasting])),
  CastLike: like,
  Dropout: dropout,
};
