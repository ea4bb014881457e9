/** LSTM, GRU and RNN: `[steps, batch, features]`, or with layout 1 the batch first. */
import { notFollowed } from '../not-followed.ts';
import { type Operation, type Rule, type Rules } from '../operation.ts';
import { isEqual, sizeOf, type Size } from '../size.ts';
import { traced, type Traced } from '../traced.ts';

const recurrent: Rule = (operation) => {
  const { node } = operation;
  const { shape, outer } = operation.data(0);
  const isBatchFirst = node.int('layout', 0) === 1;
  const batchAxis = isBatchFirst ? 0 : 1;
  if (shape.length !== 3 || operation.batchAxis(0) !== batchAxis) throw notFollowed('mixes');
  operation.requireSame(1, 3);
  const batch = shape[batchAxis] as Size;
  requireBatch(operation, { index: 4, axis: 0 });
  for (const index of [5, 6]) requireBatch(operation, { index, axis: batchAxis });
  operation.requireSame(7);
  const directions = sizeOf(node.string('direction') === 'bidirectional' ? 2 : 1);
  const hidden = sizeOf(node.int('hidden_size', 0));
  const steps = shape[1 - batchAxis] as Size;
  const all = isBatchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  const last = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  return [traced(all, outer), traced(last, outer), traced(last, outer)] satisfies Traced[];
};

/** An optional input with a part for each row. */
function requireBatch(operation: Operation, { index, axis }: { readonly index: number; readonly axis: number }): void {
  if (!operation.has(index)) return;
  const [rows, state] = [operation.data(0), operation.data(index)];
  const batch = rows.shape[operation.batchAxis(0)] as Size;
  const size = state.shape[axis];
  if (size === undefined || !isEqual(size, batch) || !isEqual(state.outer, rows.outer)) throw notFollowed('mixes');
}

/** By operator. */
export const RECURRENT_RULES: Rules = { LSTM: recurrent, GRU: recurrent, RNN: recurrent };
