/** Shapes that are cut, joined and turned around: layout operators on small integer tensors of known shape. */
import { notFollowed } from '../not-followed.ts';
import type { Operation, Rule, Rules } from '../operation.ts';
import { sizeOf, type Size } from '../size.ts';
import { isSame, numberOf, tracedValues, type Traced } from '../traced.ts';
import { sliceRanges } from './slicing.ts';

/** More are no shape. */
const MAX_ELEMENTS = 64;

interface Small {
  readonly dims: readonly number[];
  readonly values: readonly (Size | undefined)[];
}

/** Elements that are not known are told as such, as long as they are the same in every run. */
function small(input: Traced | undefined): Small {
  const dims = input?.shape?.map(numberOf) ?? [undefined];
  if (input === undefined || dims.includes(undefined)) throw notFollowed('unknown');
  const known = dims as number[];
  if (known.some((dim) => dim > MAX_ELEMENTS)) throw notFollowed('unknown');
  const length = known.reduce((count, dim) => count * dim, 1);
  if (input.values !== undefined) return { dims: known, values: input.values };
  if (!isSame(input) || length > MAX_ELEMENTS) throw notFollowed('unknown');
  return { dims: known, values: Array.from({ length }, () => undefined) };
}

function toTraced({ dims, values }: Small): Traced {
  return tracedValues(values, dims.map(sizeOf));
}

/** The elements at the given places of each axis. */
function pick({ dims, values }: Small, places: readonly (readonly number[])[]): Small {
  let offsets = [0];
  places.forEach((indices, axis) => {
    const stride = dims.slice(axis + 1).reduce((count, dim) => count * dim, 1);
    offsets = offsets.flatMap((offset) => indices.map((index) => offset + index * stride));
  });
  return { dims: places.map(({ length }) => length), values: offsets.map((offset) => values[offset]) };
}

const upTo = (length: number): number[] => Array.from({ length }, (_, index) => index);

const gather: Rule = (operation) => {
  const data = small(operation.inputs[0]);
  const axis = operation.axis(operation.node.int('axis', 0), data.dims.length);
  const indices = operation.numbers(1).map((index) => (index < 0 ? index + (data.dims[axis] ?? 0) : index));
  const picked = pick(
    data,
    data.dims.map((dim, other) => (other === axis ? indices : upTo(dim))),
  );
  const indexDims = small(operation.inputs[1]).dims;
  return toTraced({
    dims: [...data.dims.slice(0, axis), ...indexDims, ...data.dims.slice(axis + 1)],
    values: picked.values,
  });
};

const slice: Rule = (operation) => {
  const data = small(operation.inputs[0]);
  const ranges = sliceRanges(operation, data.dims.length);
  const places = data.dims.map((dim, axis) => {
    const range = ranges.get(axis);
    if (range === undefined) return upTo(dim);
    const [start, end, step] = [numberOf(range.start), numberOf(range.end), range.step];
    if (start === undefined || end === undefined) throw notFollowed('unknown');
    return indicesOf({ start, end, step }, dim);
  });
  return toTraced(pick(data, places));
};

/** As Python cuts a list. */
export function indicesOf(range: { start: number; end: number; step: number }, dim: number): number[] {
  const { start, end, step } = range;
  if (step === 0) throw notFollowed('unknown');
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const clamp = (place: number): number => Math.min(Math.max(place < 0 ? place + dim : place, low), high);
  const indices: number[] = [];
  const last = clamp(end);
  for (let index = clamp(start); step > 0 ? index < last : index > last; index += step) indices.push(index);
  return indices;
}

const concat: Rule = (operation) => {
  const parts = operation.inputs.map(small);
  const dims = parts[0]?.dims ?? [];
  const axis = operation.axis(operation.node.int('axis', 0), dims.length);
  const blocks = dims.slice(0, axis).reduce((count, dim) => count * dim, 1);
  const blockOf = ({ values }: Small, block: number): Small['values'] =>
    values.slice((block * values.length) / blocks, ((block + 1) * values.length) / blocks);
  const length = parts.reduce((sum, part) => sum + (part.dims[axis] ?? NaN), 0);
  return toTraced({
    dims: dims.with(axis, length),
    values: upTo(blocks).flatMap((block) => parts.flatMap((part) => blockOf(part, block))),
  });
};

const transpose: Rule = ({ inputs, node }) => {
  const data = small(inputs[0]);
  if (data.dims.length > 2) throw notFollowed('unknown');
  const [rows = 1, columns = 1] = data.dims;
  if (data.dims.length < 2 || node.ints('perm')?.join() === '0,1') return toTraced(data);
  const values = upTo(columns).flatMap((column) => upTo(rows).map((row) => data.values[row * columns + column]));
  return toTraced({ dims: [columns, rows], values });
};

const reshape: Rule = (operation) => {
  const { dims, values } = small(operation.inputs[0]);
  const target = operation.numbers(1).map((size, axis) => (size === 0 ? (dims[axis] ?? 0) : size));
  const known = target.filter((size) => size >= 0).reduce((count, size) => count * size, 1);
  return toTraced({ dims: target.map((size) => (size < 0 ? values.length / known : size)), values });
};

const unsqueeze: Rule = (operation) => {
  const { dims, values } = small(operation.inputs[0]);
  const axes = operation.axes('axes', 1) ?? [];
  const rank = dims.length + axes.length;
  const places = new Set(axes.map((axis) => operation.axis(axis, rank)));
  const rest = [...dims];
  return toTraced({ dims: upTo(rank).map((axis) => (places.has(axis) ? 1 : (rest.shift() ?? 1))), values });
};

const squeeze: Rule = (operation) => {
  const { dims, values } = small(operation.inputs[0]);
  const axes = operation.axes('axes', 1)?.map((axis) => operation.axis(axis, dims.length));
  return toTraced({
    dims: dims.filter((dim, axis) => (axes === undefined ? dim !== 1 : !axes.includes(axis))),
    values,
  });
};

const split: Rule = (operation: Operation) => {
  const { dims, values } = small(operation.inputs[0]);
  const { length } = operation.node.outputs;
  const sizes = operation.axes('split', 1) ?? operation.node.outputs.map(() => values.length / length);
  if (dims.length !== 1 || sizes.some((size) => !Number.isInteger(size))) throw notFollowed('unknown');
  let offset = 0;
  return sizes.map((size) => toTraced({ dims: [size], values: values.slice(offset, (offset += size)) }));
};

/** By operator. */
export const SMALL_TENSOR_RULES: Rules = {
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Transpose: transpose,
  Reshape: reshape,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Split: split,
};
