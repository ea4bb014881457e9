/** Tensors as typed arrays, those of `@marserve/handlers` among them. */
import { toHalf } from './half.ts';

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
} as const;

/** Element types of a fixed size. */
export type NumericType = keyof typeof ARRAYS;

/** Element types; `string` and `bytes` are both BYTES of the protocol. */
export type TensorType = NumericType | 'string' | 'bytes';

/** Elements in row-major order: float16 as bits (`toHalf`, `fromHalf`), bool as 0 and 1. */
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
  | readonly string[]
  | readonly Uint8Array[];

/** `data.length` is the product of `shape`. */
export interface Tensor {
  /** Type of the elements. */
  readonly type: TensorType;
  /** Sizes of the axes; empty for a scalar. */
  readonly shape: readonly number[];
  /** The elements, the last axis running fastest. */
  readonly data: TensorData;
}

/** Tensors by their names. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** The type's own array, or a list: numbers, bigints, booleans, texts or bytes. */
export type TensorElements = TensorData | readonly number[] | readonly bigint[] | readonly boolean[];

/**
 * A tensor; the type's own array is kept without a copy, a list is converted.
 * @example tensor('float32', [1, 4], [5.1, 3.5, 1.4, 0.2])
 * @throws RangeError when the number of elements is not the product of the shape; TypeError for another type's array
 */
export function tensor(type: TensorType, shape: readonly number[], elements: TensorElements): Tensor {
  const made: Tensor = { type, shape, data: toData(type, elements) };
  const problem = tensorProblem(made);
  if (problem === undefined) return made;
  throw new RangeError(`tensor: ${problem}`);
}

/** @throws RangeError for a tensor that is none */
export function assertTensor(tensor: Tensor): void {
  const problem = tensorProblem(tensor);
  if (problem !== undefined) throw new RangeError(problem);
}

/** What is wrong with a tensor; undefined when nothing is. */
function tensorProblem({ type, shape, data }: Tensor): string | undefined {
  if (!isDataOf(type, data)) return `expected data of ${type}, got ${nameOf(data)}`;
  const count = elementCount(shape);
  if (count === data.length) return undefined;
  return `expected ${count} elements for shape [${shape.join(', ')}], got ${data.length}`;
}

/** Whether there is such an element type. */
export function isTensorType(type: string): type is TensorType {
  return type === 'string' || type === 'bytes' || Object.hasOwn(ARRAYS, type);
}

/** Bytes of one element. */
export function elementSize(type: NumericType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** The product of the sizes. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** A list of numbers as the type's own array. */
export function dataOf(type: NumericType, list: readonly unknown[]): TensorData {
  if (type === 'int64' || type === 'uint64') return ARRAYS[type].from((list as bigint[]).map(BigInt));
  const numbers = list.map(Number);
  return type === 'float16' ? toHalf(numbers) : ARRAYS[type].from(numbers);
}

/** The elements in bytes that may lie anywhere; copies only where they are not aligned. */
export function viewBytes(type: NumericType, bytes: Uint8Array): TensorData {
  const aligned = bytes.byteOffset % elementSize(type) === 0 ? bytes : new Uint8Array(bytes);
  return new ARRAYS[type](aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / elementSize(type));
}

/** The bytes of the elements of a tensor of BYTES; texts as UTF-8. @throws TypeError for a tensor of numbers */
export function bytesOf({ type, data }: Tensor): Uint8Array[] {
  if (!Array.isArray(data)) throw new TypeError(`bytesOf: expected a tensor of strings or bytes, got ${type}`);
  const encoder = new TextEncoder();
  return data.map((element: unknown) => (element instanceof Uint8Array ? element : encoder.encode(String(element))));
}

function toData(type: TensorType, elements: TensorElements): TensorData {
  if (type === 'string' || type === 'bytes' || !Array.isArray(elements)) return elements as TensorData;
  return dataOf(type, elements);
}

function isDataOf(type: TensorType, data: unknown): boolean {
  if (type === 'string') return Array.isArray(data) && data.every((element) => typeof element === 'string');
  if (type === 'bytes') return Array.isArray(data) && data.every((element) => element instanceof Uint8Array);
  return data instanceof ARRAYS[type];
}

function nameOf(data: unknown): string {
  return typeof data === 'object' && data !== null ? data.constructor.name : typeof data;
}
