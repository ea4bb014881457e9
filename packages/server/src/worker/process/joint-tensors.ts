/** The tensors of several requests as those of one, row behind row, and what was answered taken apart again. */
import type { LocalModelFacts } from '@marserve/handlers/context';

/** As handlers and clients have them. */
interface Tensor {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown>;
}

/** Tensors by their names. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Typed arrays as they are used here: all of them have these. */
interface TypedArray extends ArrayLike<unknown> {
  readonly byteLength: number;
  set(elements: ArrayLike<unknown>, offset: number): void;
  subarray(start: number, end: number): TypedArray;
}

/**
 * How many rows they have, where they are all that the model takes, each with an axis for rows in front, and it gives a row
 * for each; undefined where they must go by themselves.
 */
export function rowsOf(tensors: Tensors, { inputs = [], outputs = [] }: ModelShapes): number | undefined {
  if (Object.keys(tensors).length !== inputs.length || !haveRows(inputs) || !haveRows(outputs)) return undefined;
  const sizes = new Map<string, number>();
  let rows: number | undefined;
  for (const { name, type, shape } of inputs) {
    const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (!isWhole(tensor) || tensor.type !== type || !isFit(tensor, shape, sizes)) return undefined;
    if ((rows ??= tensor.shape[0]) !== tensor.shape[0]) return undefined;
  }
  return rows;
}

/** What is known of the model. */
type ModelShapes = Pick<LocalModelFacts, 'inputs' | 'outputs'>;

/** Whether there are some, and requests choose the size of the first axis of each. */
function haveRows(specs: NonNullable<ModelShapes['inputs']>): boolean {
  return specs.length > 0 && specs.every(({ shape: [rows] }) => typeof rows === 'string' || rows === -1);
}

/**
 * Not those without elements, nor those whose axes of one name differ: a model's graph is read as if they did not.
 * @param sizes of the names so far
 */
function isFit({ shape }: Tensor, axes: readonly (number | string)[], sizes: Map<string, number>): boolean {
  if (shape.length !== axes.length) return false;
  return shape.every((size, axis) => {
    const dimension = axes[axis];
    if (!Number.isInteger(size) || size < 1) return false;
    if (axis === 0 || typeof dimension !== 'string') return true;
    const known = sizes.get(dimension);
    sizes.set(dimension, size);
    return known === undefined || known === size;
  });
}

/** Their bytes together; texts count by their characters. */
export function bytesOf(tensors: Tensors): number {
  let bytes = 0;
  for (const name of Object.keys(tensors)) {
    const { data } = tensors[name] as Tensor;
    if (isTyped(data)) bytes += data.byteLength;
    else for (let index = 0; index < data.length; index += 1) bytes += String(data[index]).length;
  }
  return bytes;
}

/** Whether rows of both can lie behind one another: as `rowsOf` found them, they have the same names and types. */
export function areAlike(one: Tensors, other: Tensors): boolean {
  return Object.keys(one).every((name) => {
    const [{ shape, data }, { shape: otherShape, data: otherData }] = [one[name] as Tensor, other[name] as Tensor];
    // What has another kind of array than its type says is for the model to refuse.
    if (data.constructor !== otherData.constructor) return false;
    return shape.every((size, axis) => axis === 0 || size === otherShape[axis]);
  });
}

/** Rows behind rows. @param all at least one, alike */
export function joined(all: readonly Tensors[]): Tensors {
  const [first = {}] = all;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, joinedTensor(all.map((each) => each[name] as Tensor))]),
  );
}

function joinedTensor(tensors: readonly Tensor[]): Tensor {
  const [{ type, shape, data: example }] = tensors as readonly [Tensor];
  const rows = tensors.reduce((sum, tensor) => sum + (tensor.shape[0] as number), 0);
  const count = tensors.reduce((sum, { data }) => sum + data.length, 0);
  return { type, shape: [rows, ...shape.slice(1)], data: joinedData(tensors, example, count) };
}

function joinedData(tensors: readonly Tensor[], example: ArrayLike<unknown>, count: number): ArrayLike<unknown> {
  if (!isTyped(example)) return tensors.flatMap(({ data }) => Array.from(data));
  const type = Buffer.isBuffer(example) ? Uint8Array : example.constructor;
  const all = new (type as new (length: number) => TypedArray)(count);
  let offset = 0;
  for (const { data } of tensors) {
    all.set(data, offset);
    offset += data.length;
  }
  return all;
}

/**
 * The tensors of each request again, as views where they are arrays of numbers.
 * @param rows of each request
 * @throws Error for tensors that have other than a row for each
 */
export function takenApart(tensors: Tensors, rows: readonly number[]): Tensors[] {
  const total = rows.reduce((sum, count) => sum + count, 0);
  const odd = Object.keys(tensors).find((name) => !isWhole(tensors[name]) || tensors[name].shape[0] !== total);
  if (odd !== undefined) throw new Error(`"${odd}" has other than ${total} rows`);
  let start = 0;
  return rows.map((count) => {
    const end = start + count;
    const own = Object.keys(tensors).map((name) => [name, rowsBetween(tensors[name] as Tensor, start, end)] as const);
    start = end;
    return Object.fromEntries(own);
  });
}

function rowsBetween({ type, shape, data }: Tensor, start: number, end: number): Tensor {
  const width = data.length / (shape[0] as number);
  const [from, to] = [start * width, end * width];
  const own = isTyped(data) ? data.subarray(from, to) : Array.from(data).slice(from, to);
  return { type, shape: [end - start, ...shape.slice(1)], data: own };
}

function isTyped(data: ArrayLike<unknown>): data is TypedArray {
  return ArrayBuffer.isView(data);
}

/** Whether it has as many elements as its shape says. */
function isWhole(tensor: unknown): tensor is Tensor {
  if (typeof tensor !== 'object' || tensor === null) return false;
  const { shape, data } = tensor as Partial<Tensor>;
  if (!Array.isArray(shape) || typeof data !== 'object' || data === null) return false;
  return data.length === shape.reduce((product: number, size: number) => product * size, 1);
}
