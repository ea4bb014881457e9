/** The typed tensor, the one value type that every part of the project shares. */
import { toFloat16Bits } from './float16.ts';

/** Element types that onnxruntime-node can carry, in its spelling. */
export type TensorType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string';

/** Elements in row-major order: float16 as raw bits in a Uint16Array, bool as 0 and 1 in a Uint8Array. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | string[];

/** `data.length` is the product of `shape`. */
export interface Tensor {
  /** Type of the elements. */
  readonly type: TensorType;
  /** Sizes of the axes; empty for a scalar. */
  readonly shape: readonly number[];
  /** The elements, the last axis running fastest. */
  readonly data: TensorData;
}

/** Tensors by the name of a model's input or output. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** Element types that have a fixed size. */
export type NumericType = Exclude<TensorType, 'string'>;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<NumericType, unknown>;

/** Whether a text names an element type. */
export function isTensorType(type: unknown): type is TensorType {
  return type === 'string' || (typeof type === 'string' && Object.hasOwn(ARRAYS, type));
}

/** What `createTensor` takes as elements: the type's own array, or a plain list. */
export type TensorElements =
  TensorData | readonly number[] | readonly bigint[] | readonly boolean[] | readonly string[];

/**
 * A tensor of `type` and `shape`; the type's own array is kept without a copy, a plain list is converted.
 * @example createTensor('float32', [1, 4], [5.1, 3.5, 1.4, 0.2])
 * @throws RangeError when the number of elements is not the product of the shape; TypeError for another type's array
 */
export function createTensor(type: TensorType, shape: readonly number[], elements: TensorElements): Tensor {
  if (elementCount(shape) !== elements.length) {
    const expected = `${elementCount(shape)} elements for shape [${shape.join(', ')}]`;
    throw new RangeError(`createTensor: expected ${expected}, got ${elements.length}`);
  }
  return { type, shape, data: toData(type, elements) };
}

/** An array for `length` elements of a type, all 0 (or the empty string). */
export function allocateData(type: TensorType, length: number): TensorData {
  return type === 'string' ? Array.from({ length }, () => '') : new ARRAYS[type](length);
}

/** Bytes of one element. */
export function elementSize(type: NumericType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** The product of the dimensions. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}

/** The elements of a type in bytes that may lie anywhere; copies only where the bytes are not aligned. */
export function viewBytes(type: NumericType, bytes: Uint8Array): TensorData {
  const aligned = bytes.byteOffset % elementSize(type) === 0 ? bytes : new Uint8Array(bytes);
  return new ARRAYS[type](aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / elementSize(type));
}

/** Whether a value looks like a tensor. */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false;
  const { type, shape, data } = value as Partial<Tensor>;
  return (
    Array.isArray(shape) &&
    (ArrayBuffer.isView(data) ? typeof type === 'string' : type === 'string' && Array.isArray(data))
  );
}

/** What is wrong with a tensor that somebody else made; undefined when nothing is. */
export function tensorProblem({ type, shape, data }: Tensor): string | undefined {
  if (type === 'string' ? !isStrings(data) : !(data instanceof ARRAYS[type])) return `data that is not of ${type}`;
  if (data.length === elementCount(shape)) return undefined;
  return `${data.length} elements for shape [${shape.join(', ')}]`;
}

function isStrings(data: unknown): boolean {
  return Array.isArray(data) && data.every((element) => typeof element === 'string');
}

/**
 * One tensor out of several, one behind the other along axis 0; it shares their memory where they lie so already, and a single
 * one is returned as it is.
 * @throws RangeError when there is none, or they differ in type or in the other dimensions
 */
export function stackTensors(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError('stackTensors: expected at least one tensor');
  if (tensors.length === 1) return first;
  const rest = first.shape.slice(1);
  const length = tensors.reduce((rows, tensor) => rows + rowsOf(tensor, first), 0);
  const count = length * elementCount(rest);
  return {
    type: first.type,
    shape: [length, ...rest],
    data: adjoinedData(tensors, count) ?? copiedData(tensors, count),
  };
}

/**
 * The parts of a tensor along axis 0; they share its memory (strings are copied).
 * @param sizes rows of each part; their sum is the tensor's first dimension
 */
export function splitTensor(tensor: Tensor, sizes: readonly number[]): Tensor[] {
  const [length, ...rest] = tensor.shape;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (length !== total) throw new RangeError(`splitTensor: expected ${total} rows in [${tensor.shape.join(', ')}]`);
  const perRow = elementCount(rest);
  let offset = 0;
  return sizes.map((size) => {
    const end = offset + size * perRow;
    const data = sliceData(tensor.data, offset, end);
    offset = end;
    return { type: tensor.type, shape: [size, ...rest], data };
  });
}

function toData(type: TensorType, elements: TensorElements): TensorData {
  if (type === 'string') {
    if (!Array.isArray(elements)) throw new TypeError('createTensor: expected an array of strings');
    return elements.map(String);
  }
  if (elements instanceof ARRAYS[type]) return elements;
  if (ArrayBuffer.isView(elements)) {
    throw new TypeError(
      `createTensor: expected a ${ARRAYS[type].name} for ${type}, got a ${elements.constructor.name}`,
    );
  }
  if (type === 'int64' || type === 'uint64') return ARRAYS[type].from(elements.map(BigInt));
  const numbers = elements.map(Number);
  return type === 'float16' ? toFloat16Bits(numbers) : ARRAYS[type].from(numbers);
}

function rowsOf(tensor: Tensor, first: Tensor): number {
  const isAlike =
    tensor.type === first.type &&
    tensor.shape.length === first.shape.length &&
    tensor.shape.every((dim, axis) => axis === 0 || dim === first.shape[axis]);
  const [rows] = tensor.shape;
  if (isAlike && rows !== undefined) return rows;
  throw new RangeError(`stackTensors: ${textOf(tensor)} does not go with ${textOf(first)}`);
}

function textOf({ type, shape }: Tensor): string {
  return `${type} [${shape.join(', ')}]`;
}

/** The memory in which all of them lie without a gap; undefined where they do not. */
function adjoinedData([first, ...others]: readonly Tensor[], count: number): TensorData | undefined {
  if (first === undefined || first.type === 'string' || Array.isArray(first.data)) return undefined;
  const { buffer, byteOffset, byteLength } = first.data;
  let end = byteOffset + byteLength;
  for (const { data } of others) {
    if (Array.isArray(data) || data.buffer !== buffer || data.byteOffset !== end) return undefined;
    end += data.byteLength;
  }
  return new ARRAYS[first.type](buffer as ArrayBuffer, byteOffset, count);
}

function copiedData(tensors: readonly Tensor[], count: number): TensorData {
  const data = allocateData(tensors[0]?.type ?? 'string', count);
  let offset = 0;
  for (const { data: part } of tensors) {
    copyElements(data, part, offset);
    offset += part.length;
  }
  return data;
}

function copyElements(target: TensorData, source: TensorData, offset: number): void {
  if (Array.isArray(target))
    for (let index = 0; index < source.length; index += 1) target[offset + index] = String(source[index]);
  else (target as Uint8Array).set(source as Uint8Array, offset);
}

function sliceData(data: TensorData, start: number, end: number): TensorData {
  return Array.isArray(data) ? data.slice(start, end) : data.subarray(start, end);
}
