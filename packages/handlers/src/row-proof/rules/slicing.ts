/** Operators that take parts of a tensor, or put parts together. */
import { notFollowed } from '../not-followed.ts';
import { broadcast, type Operation, type Rule, type Rules } from '../operation.ts';
import { isConstant, isEqual, sizeOf, type Size } from '../size.ts';
import { batchAxisOf, hasRows, isSame, isSameShape, numberOf, traced } from '../traced.ts';

/** One axis of a Slice; what is undefined is not known, but the same in every run. */
export interface SliceRange {
  /** Where it begins, as the model says it: negative from the end. */
  readonly start: Size | undefined;
  /** Where it ends, excluded; as the model says it. */
  readonly end: Size | undefined;
  /** Distance between two elements; negative for backwards. */
  readonly step: number;
}

/** What a Slice takes, by axis: inputs of operator sets from 10 on, attributes before. */
export function sliceRanges(operation: Operation, rank: number): Map<number, SliceRange> {
  const { node } = operation;
  const fromAttribute = (name: string) => node.ints(name)?.map(sizeOf);
  const starts = fromAttribute('starts') ?? elements(operation, 1);
  const ends = fromAttribute('ends') ?? elements(operation, 2);
  const axes = operation.axes('axes', 3) ?? starts.map((_, axis) => axis);
  const steps = operation.has(4) ? operation.numbers(4) : [];
  return new Map(
    axes.map((axis, index) => [
      operation.axis(axis, rank),
      { start: starts[index], end: ends[index], step: steps[index] ?? 1 },
    ]),
  );
}

/** The elements of a one-dimensional input; the length is known even where they are not. */
function elements(operation: Operation, index: number): readonly (Size | undefined)[] {
  const input = operation.inputs[index];
  if (input?.values !== undefined) return input.values;
  const length = numberOf(input?.shape?.[0]);
  if (input === undefined || length === undefined) throw notFollowed('unknown');
  if (!isSame({ ...input, taint: undefined })) throw notFollowed('mixes');
  return Array.from({ length }, () => undefined);
}

const TO_THE_END = 2 ** 31 - 1;

const slice: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const ranges = sliceRanges(operation, shape.length);
  const sliced = shape.map((size, axis) => {
    const range = ranges.get(axis);
    return range === undefined ? size : slicedSize(operation, size, { ...range, axis });
  });
  return traced(sliced, outer);
};

function slicedSize(operation: Operation, size: Size, range: SliceRange & { readonly axis: number }): Size {
  const { start, end, step, axis } = range;
  const [first, last] = [numberOf(start), numberOf(end)];
  const isToTheEnd = (last !== undefined && last >= TO_THE_END) || (end !== undefined && isEqual(end, size));
  if (first === 0 && step === 1 && isToTheEnd) return size;
  if ([size, start, end].some((part) => part !== undefined && part.batch > 0)) throw notFollowed('mixes');
  const length = numberOf(size);
  if (first === undefined || last === undefined || length === undefined || Math.abs(step) !== 1)
    return start === undefined || end === undefined
      ? operation.own(`slice ${axis}`)
      : operation.derived('slice', size, start, end, step);
  const clamp = (place: number): number => Math.min(Math.max(place < 0 ? place + length : place, 0), length);
  if (step !== 1) return operation.derived('slice', size, start, end, step);
  return sizeOf(Math.max(0, clamp(last) - clamp(first)));
}

const gather: Rule = (operation) => {
  const [data, indices] = [operation.data(0), operation.data(1)];
  const axis = operation.axis(operation.node.int('axis', 0), data.shape.length);
  operation.requireBatchOff([axis]);
  const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  return traced(shape, hasRows(data) ? data.outer : indices.outer);
};

/** Data and indices have their rows side by side. */
const gatherElements: Rule = (operation) => {
  const [data, indices] = [operation.data(0), operation.data(1)];
  const axis = operation.axis(operation.node.int('axis', 0), data.shape.length);
  requireAligned(operation, [0, 1], axis);
  return traced(indices.shape, data.outer);
};

const scatterElements: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  requireAligned(operation, [0, 1, 2], operation.axis(operation.node.int('axis', 0), shape.length));
  return traced(shape, outer);
};

/** All have the same batch on the same axis, which is not the one that indices are for. */
function requireAligned(operation: Operation, indices: readonly number[], axis: number): void {
  const [first, ...others] = indices.map((index) => operation.data(index));
  const batch = batchAxisOf(first?.shape ?? []);
  for (const { shape, outer } of others) {
    const [mine, its] = [first?.shape[batch], shape[batch]];
    if (batch === axis || mine === undefined || its === undefined) throw notFollowed('mixes');
    if (!isEqual(mine, its) || !isEqual(outer, first?.outer ?? outer)) throw notFollowed('mixes');
  }
}

/** The last axis of the indices is a place in the data. */
const gatherNd: Rule = (operation) => {
  const [data, indices] = [operation.data(0), operation.data(1)];
  const batchDims = operation.node.int('batch_dims', 0);
  const length = placeLength(indices.shape);
  const batch = batchAxisOf(data.shape);
  if (batch >= batchDims && batch < batchDims + length) throw notFollowed('mixes');
  if (
    batch >= 0 &&
    batch < batchDims &&
    !isSameShape(data.shape.slice(0, batchDims), indices.shape.slice(0, batchDims))
  )
    throw notFollowed('mixes');
  if (batch < 0 && batchAxisOf(indices.shape) >= 0 && batchAxisOf(indices.shape) < batchDims)
    throw notFollowed('mixes');
  if (hasRows(data) && hasRows(indices) && !isEqual(data.outer, indices.outer)) throw notFollowed('mixes');
  return traced(
    [...indices.shape.slice(0, -1), ...data.shape.slice(batchDims + length)],
    hasRows(data) ? data.outer : indices.outer,
  );
};

/** How many axes each index is a place on. */
function placeLength(shape: readonly Size[]): number {
  const last = shape.at(-1);
  const length = numberOf(last);
  if (length === undefined) throw notFollowed(last !== undefined && last.batch > 0 ? 'mixes' : 'unknown');
  return length;
}

/** At the same places of all rows: where the data tells the places, it could tell those of other rows. */
const scatterNd: Rule = (operation) => {
  operation.requireSame(1, 1);
  const [data, indices, updates] = [operation.data(0), operation.data(1), operation.data(2)];
  const length = placeLength(indices.shape);
  const batch = batchAxisOf(data.shape);
  if (batch < length || batchAxisOf(updates.shape) !== batch - length + indices.shape.length - 1)
    throw notFollowed('mixes');
  if (!isEqual(data.outer, updates.outer)) throw notFollowed('mixes');
  return traced(data.shape, data.outer);
};

const concat: Rule = (operation) => {
  const parts = operation.inputs.map((_, index) => operation.data(index));
  const [first] = parts;
  if (first === undefined) throw notFollowed('unknown');
  const axis = operation.axis(operation.node.int('axis', 1), first.shape.length);
  const others = (shape: readonly Size[]): Size[] => shape.map((size, other) => (other === axis ? sizeOf(1) : size));
  parts.forEach((_, index) => operation.requireBatchOff([axis], index));
  const withRows = parts.filter(hasRows);
  // One that has no rows goes with a single row alone.
  if (withRows.length > 0 && withRows.length < parts.length) throw notFollowed('mixes');
  const { shape, outer } = broadcast(
    parts.map((part) => ({ ...part, shape: others(part.shape) })),
    operation,
  );
  const sizes = parts.map((part) => part.shape[axis] as Size);
  return traced(
    shape.map((size, other) => (other === axis ? sum(operation, sizes) : size)),
    outer,
  );
};

function sum(operation: Operation, sizes: readonly Size[]): Size {
  if (sizes.every(isConstant)) return sizeOf(sizes.reduce((total, { factor }) => total + factor, 0));
  return operation.derived('sum', ...sizes);
}

const split: Rule = (operation) => {
  const { node } = operation;
  const { shape, outer } = operation.data(0);
  const axis = operation.axis(node.int('axis', 0), shape.length);
  operation.requireBatchOff([axis]);
  const sizes = operation.has(1) || node.has('split') ? operation.axes('split', 1) : undefined;
  const length = numberOf(shape[axis]);
  return node.outputs.map((name, index) => {
    const share = length === undefined ? undefined : length / node.outputs.length;
    const even = share !== undefined && Number.isInteger(share) ? sizeOf(share) : operation.derived('split', name);
    const size = sizes?.[index] === undefined ? even : sizeOf(sizes[index]);
    return traced(
      shape.map((whole, other) => (other === axis ? size : whole)),
      outer,
    );
  });
};

const pad: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  const rank = shape.length;
  const pads = operation.axes('pads', 1) ?? operation.node.ints('paddings') ?? [];
  const axes = operation.has(3) ? operation.numbers(3).map((axis) => operation.axis(axis, rank)) : undefined;
  const count = pads.length / 2;
  const padded = shape.map((size, axis) => {
    const place = axes === undefined ? axis : axes.indexOf(axis);
    const [before, after] = place < 0 ? [0, 0] : [pads[place], pads[place + count]];
    if (before === undefined || after === undefined) throw notFollowed('unknown');
    if (before === 0 && after === 0) return size;
    const length = numberOf(size);
    return length === undefined ? operation.derived('pad', size, before, after) : sizeOf(length + before + after);
  });
  return traced(padded, outer);
};

const trilu: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  operation.requireBatchOff([shape.length - 1, shape.length - 2]);
  return traced(shape, outer);
};

const oneHot: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  const axis = operation.axis(operation.node.int('axis', -1), shape.length + 1);
  const depth = operation.inputs[1]?.values?.[0] ?? operation.own('depth');
  return traced([...shape.slice(0, axis), depth, ...shape.slice(axis)], outer);
};

const reverseSequence: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const batch = operation.batchAxis(0);
  const isAlong = batch === operation.node.int('batch_axis', 1) && batch !== operation.node.int('time_axis', 0);
  if (!isEqual(operation.data(1).outer, outer)) throw notFollowed('mixes');
  if (!isAlong || !isEqual(operation.shape(1)[0] ?? sizeOf(0), shape[batch] as Size)) throw notFollowed('mixes');
  return traced(shape, outer);
};

/** By operator. */
export const SLICING_RULES: Rules = {
  Slice: slice,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  Concat: concat,
  Split: split,
  Pad: pad,
  Trilu: trilu,
  OneHot: oneHot,
  ReverseSequence: reverseSequence,
};
