/** Operators of transformers that ONNX Runtime's optimizer makes of several (`com.microsoft`): `[batch, steps, features]`. */
import { notFollowed } from '../not-followed.ts';
import { broadcast, type Operation, type Rule, type Rules } from '../operation.ts';
import { divide, isEqual, ONE, sizeOf, type Size } from '../size.ts';
import { traced, type Traced } from '../traced.ts';

/** A part for each row, on the first axis. */
function rowsFirst(operation: Operation, index: number): { shape: readonly Size[]; batch: Size } {
  const { shape, outer } = operation.data(index);
  const [batch] = shape;
  if (batch === undefined || operation.batchAxis(index) !== 0 || !isEqual(outer, ONE)) throw notFollowed('mixes');
  return { shape, batch };
}

/** Optional inputs that have a part for each of the rows. */
function requireRows(operation: Operation, indices: readonly number[], axis = 0): void {
  const { batch } = rowsFirst(operation, 0);
  for (const index of indices) {
    if (!operation.has(index)) continue;
    const { shape, outer } = operation.data(index);
    const size = shape[axis];
    if (size === undefined || !isEqual(size, batch) || !isEqual(outer, ONE)) throw notFollowed('mixes');
  }
}

function requireRowsOrSame(operation: Operation, index: number): void {
  if (operation.has(index) && operation.batchAxis(index) >= 0) requireRows(operation, [index]);
}

interface AttentionInputs {
  readonly mask: number;
  readonly past: number;
  /** What is added to the scores of attention, for each row or for all alike. */
  readonly bias?: number;
  /** Further inputs that have no rows, from the first to the last. */
  readonly same: readonly (readonly [number, number])[];
}

const attention =
  ({ mask, past, bias = Infinity, same }: AttentionInputs): Rule =>
  (operation) => {
    const { shape, batch } = rowsFirst(operation, 0);
    for (const [first, last] of same) operation.requireSame(first, last);
    requireRows(operation, [mask]);
    requireRows(operation, [past], 1);
    requireRowsOrSame(operation, bias);
    const width = operation.node.ints('qkv_hidden_sizes')?.[2];
    const columns = operation.shape(1)[1] ?? ONE;
    const features = width === undefined ? (divide(columns, sizeOf(3)) ?? operation.own('features')) : sizeOf(width);
    const present = [sizeOf(2), batch, ...['heads', 'steps', 'head'].map((name) => operation.own(name))];
    return [traced([batch, shape[1] ?? ONE, features]), traced(present)];
  };

const multiHeadAttention: Rule = (operation) => {
  const { shape, batch } = rowsFirst(operation, 0);
  requireRows(operation, [1, 2, 4, 6, 7]);
  requireRowsOrSame(operation, 5);
  operation.requireSame(3, 3);
  operation.requireSame(8);
  if (shape.length !== 3) throw notFollowed('unknown');
  const present = traced([batch, ...['heads', 'steps', 'head'].map((name) => operation.own(name))]);
  const value = operation.has(2) ? operation.shape(2) : [];
  const features = value.length === 3 ? (value[2] as Size) : operation.own('features');
  return [traced([batch, shape[1] ?? ONE, features]), present, present];
};

/** Outputs: the result, two statistics, and the sum before. */
const skipLayerNormalization: Rule = (operation) => {
  operation.requireSame(2);
  const { shape, outer } = broadcast([operation.data(0), operation.data(1)], operation);
  operation.requireBatchOff([shape.length - 1]);
  const result = traced(shape, outer);
  const statistics = traced([...shape.slice(0, -1), ONE], outer);
  return [result, statistics, statistics, result];
};

const embedLayerNormalization: Rule = (operation) => {
  const { shape, batch } = rowsFirst(operation, 0);
  requireRows(operation, [1, 7, 8]);
  operation.requireSame(2, 6);
  const result: Traced = traced([batch, shape[1] ?? ONE, operation.shape(2)[1] ?? ONE]);
  return [result, traced([batch]), result];
};

const rotaryEmbedding: Rule = (operation) => {
  const { shape } = rowsFirst(operation, 0);
  requireRowsOrSame(operation, 1);
  operation.requireSame(2);
  return traced(shape);
};

/** By operator. */
export const FUSED_RULES: Rules = {
  'com.microsoft:Attention': attention({
    mask: 3,
    past: 4,
    bias: 5,
    same: [
      [1, 2],
      [6, 6],
    ],
  }),
  'com.microsoft:QAttention': attention({
    mask: 5,
    past: 8,
    same: [
      [1, 4],
      [6, 7],
    ],
  }),
  'com.microsoft:MultiHeadAttention': multiHeadAttention,
  'com.microsoft:SkipLayerNormalization': skipLayerNormalization,
  'com.microsoft:SkipSimplifiedLayerNormalization': skipLayerNormalization,
  'com.microsoft:EmbedLayerNormalization': embedLayerNormalization,
  'com.microsoft:RotaryEmbedding': rotaryEmbedding,
};
