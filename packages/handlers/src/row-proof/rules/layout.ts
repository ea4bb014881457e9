/** Operators that lay the same elements out in another way, or repeat them. */
import { notFollowed } from '../not-followed.ts';
import { broadcast, type Operation, type Rule, type Rules } from '../operation.ts';
import { BATCH, divide, isConstant, isOne, multiply, ONE, product, sizeOf, type Size } from '../size.ts';
import { batchAxisOf, hasRows, traced, type Traced } from '../traced.ts';

type Shaped = Traced & { readonly shape: readonly Size[] };

/** The same elements in another shape: each row's must stay together, and in its place. */
export function reshaped({ shape, outer }: Shaped, target: readonly Size[]): Traced {
  const [from, to] = [batchAxisOf(shape), batchAxisOf(target)];
  if (from < 0 && to < 0) return traced(target);
  // Exported with a batch of one, or with another number of rows.
  if (from < 0 || to < 0) throw notFollowed('mixes');
  const before = multiply(product(shape.slice(0, from)), outer);
  const newOuter = quotient(before, product(target.slice(0, to)));
  quotient(target[to] as Size, multiply(newOuter, BATCH));
  return traced(target, newOuter);
}

/** @throws NotFollowed where a row would not fill whole parts of the new shape */
function quotient(a: Size, b: Size): Size {
  const result = divide(a, b);
  if (result !== undefined) return result;
  throw notFollowed(a.symbols.length === 0 && b.symbols.length === 0 ? 'mixes' : 'unknown');
}

const reshape: Rule = (operation) => {
  const data = operation.data(0);
  const values = operation.has(1) ? operation.values(1) : (operation.node.ints('shape') ?? []).map(sizeOf);
  const isZeroKept = operation.node.int('allowzero', 0) !== 0;
  const target = values.map((value, axis) => {
    if (value === undefined || (isZeroKept && value.factor === 0)) throw notFollowed('unknown');
    return value.factor === 0 ? (data.shape[axis] ?? unknownSize()) : value;
  });
  return reshaped(data, withRest(operation, data.shape, target));
};

function unknownSize(): never {
  throw notFollowed('unknown');
}

/** A -1 takes what is left. */
function withRest(operation: Operation, shape: readonly Size[], target: readonly Size[]): readonly Size[] {
  const rest = target.findIndex((size) => isConstant(size) && size.factor === -1);
  if (rest < 0) return target;
  const [all, others] = [product(shape), product(target.filter((_, axis) => axis !== rest))];
  if (all.batch < others.batch) throw notFollowed('mixes');
  const size = divide(all, others) ?? (all.batch === others.batch ? operation.own('rest') : quotient(all, others));
  return target.map((known, axis) => (axis === rest ? size : known));
}

const flatten: Rule = (operation) => {
  const data = operation.data(0);
  const rank = data.shape.length;
  const axis = operation.node.int('axis', 1);
  const cut = axis < 0 ? axis + rank : axis;
  return reshaped(data, [product(data.shape.slice(0, cut)), product(data.shape.slice(cut))]);
};

const transpose: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const order = operation.node.ints('perm') ?? [...shape.keys()].reverse();
  return traced(
    order.map((axis) => shape[axis] ?? unknownSize()),
    outer,
  );
};

const unsqueeze: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const axes = operation.axes('axes', 1) ?? unknownSize();
  const rank = shape.length + axes.length;
  const places = new Set(axes.map((axis) => operation.axis(axis, rank)));
  const rest = [...shape];
  return traced(
    Array.from({ length: rank }, (_, axis) => (places.has(axis) ? ONE : (rest.shift() ?? ONE))),
    outer,
  );
};

const squeeze: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const axes = operation.axes('axes', 1)?.map((axis) => operation.axis(axis, shape.length));
  // Which axes it drops depends on what is 1: a single row's axis too.
  if (axes === undefined && !shape.every(isConstant))
    throw notFollowed(hasRows({ shape, outer }) ? 'mixes' : 'unknown');
  const isDropped = (size: Size, axis: number): boolean => (axes === undefined ? isOne(size) : axes.includes(axis));
  operation.requireBatchOff(axes ?? []);
  return traced(
    shape.filter((size, axis) => !isDropped(size, axis)),
    outer,
  );
};

const expand: Rule = (operation) => {
  const data = operation.data(0);
  const target = operation.values(1).map((value) => value ?? unknownSize());
  const { shape, outer } = broadcast([data, traced(target, data.outer)], operation);
  return traced(shape, outer);
};

const tile: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const repeats = operation.values(1).map((value) => value ?? unknownSize());
  if (repeats.length !== shape.length) throw notFollowed('unknown');
  const batch = batchAxisOf(shape);
  const tiled = shape.map((size, axis) => multiply(size, repeats[axis] as Size));
  return traced(tiled, batch < 0 ? ONE : multiply(outer, repeats[batch] as Size));
};

const constantOfShape: Rule = (operation) => traced(operation.values(0).map((value) => value ?? unknownSize()));

/** With the batch as its limit it tells each row its place; only those who use it know whether as an index. */
const range: Rule = (operation) => {
  const [start, limit, delta] = [0, 1, 2].map((index) => operation.inputs[index]?.values?.[0]);
  if (limit === undefined || limit.batch > 0 || start?.factor !== 0 || delta === undefined || !isOne(delta))
    throw notFollowed('unknown');
  return traced([limit]);
};

const depthToSpace =
  (sign: 1 | -1): Rule =>
  (operation) => {
    const { shape, outer } = operation.data(0);
    const block = operation.node.int('blocksize', 1);
    operation.requireBatchOff([1, 2, 3]);
    const [batch, channels, height, width] = shape;
    if (batch === undefined || channels === undefined || height === undefined || width === undefined)
      throw notFollowed('unknown');
    const grown = (size: Size, factor: Size): Size =>
      sign > 0 ? multiply(size, factor) : (divide(size, factor) ?? operation.derived('space', size, factor));
    const shrunk = (size: Size, factor: Size): Size =>
      sign > 0 ? (divide(size, factor) ?? operation.derived('depth', size, factor)) : multiply(size, factor);
    const side = sizeOf(block);
    return traced([batch, shrunk(channels, multiply(side, side)), grown(height, side), grown(width, side)], outer);
  };

/** By operator. */
export const LAYOUT_RULES: Rules = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Expand: expand,
  Tile: tile,
  ConstantOfShape: constantOfShape,
  Range: range,
  DepthToSpace: depthToSpace(1),
  SpaceToDepth: depthToSpace(-1),
};
