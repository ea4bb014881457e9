/** TensorFlow's TensorProto in JSON (`tensorflow/core/framework/tensor.proto`, types.proto) and nested lists. */
import { PredictionError } from '../prediction-error.ts';
import { isPlainObject } from '../model-config.ts';
import { elementCount, elementSize, viewBytes, type NumericType, type Tensor } from '../tensor/tensor.ts';
import { fromFloat16Bits } from '../tensor/float16.ts';
import { nestedLists } from './nested-lists.ts';
import { snakeCase } from './snake-case.ts';

interface ElementType {
  readonly type: NumericType;
  /** The field that has the elements where `tensorContent` does not. */
  readonly field: string;
}

const TYPES: Readonly<Record<string, ElementType>> = {
  DT_FLOAT: { type: 'float32', field: 'floatVal' },
  DT_DOUBLE: { type: 'float64', field: 'doubleVal' },
  DT_HALF: { type: 'float16', field: 'halfVal' },
  DT_INT32: { type: 'int32', field: 'intVal' },
  DT_INT16: { type: 'int16', field: 'intVal' },
  DT_INT8: { type: 'int8', field: 'intVal' },
  DT_UINT8: { type: 'uint8', field: 'intVal' },
  DT_UINT16: { type: 'uint16', field: 'intVal' },
  DT_INT64: { type: 'int64', field: 'int64Val' },
  DT_UINT32: { type: 'uint32', field: 'uint32Val' },
  DT_UINT64: { type: 'uint64', field: 'uint64Val' },
  DT_BOOL: { type: 'bool', field: 'boolVal' },
};

/** One value may stand for all elements, and a short text for much memory. */
const MOST_FILLED = 1_000_000;

/** @throws PredictionError 400 for what is none, and for types that have no numbers or texts */
export function listsOfTfTensor(tensor: Readonly<Record<string, unknown>>): unknown {
  const shape = shapeOf(field(tensor, 'tensorShape'));
  const elements = elementsOf(tensor, elementCount(shape));
  return shape.length === 0 ? elements[0] : nestedLists(elements, shape);
}

/** Of any type but texts; its elements are in `tensorContent`. */
export function tfTensorOf({ type, shape, data }: Tensor): Record<string, unknown> {
  const { buffer, byteOffset, byteLength } = data as Exclude<Tensor['data'], string[]>;
  const dim = shape.map((size) => ({ size: String(size) }));
  const dtype = Object.keys(TYPES).find((name) => TYPES[name]?.type === type);
  return { dtype, tensorShape: { dim }, tensorContent: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}

function shapeOf(shape: unknown): number[] {
  const dims = isPlainObject(shape) ? (shape['dim'] ?? []) : [];
  const sizes = Array.isArray(dims) ? dims.map((dim) => Number(isPlainObject(dim) ? (dim['size'] ?? 0) : NaN)) : [NaN];
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) return sizes;
  throw new PredictionError('tftensor: expected tensorShape {"dim": [{"size": "2"}, …]}', 400);
}

function elementsOf(tensor: Readonly<Record<string, unknown>>, count: number): unknown[] {
  const { dtype } = tensor;
  const name = typeof dtype === 'string' ? dtype : 'DT_FLOAT';
  if (name === 'DT_STRING') {
    return filled(listOf(field(tensor, 'stringVal')).map(textOf), count);
  }
  const known = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (known === undefined) {
    throw new PredictionError(
      `tftensor: expected dtype DT_STRING or one of ${Object.keys(TYPES).join(', ')}, got ${name.slice(0, 60)}`,
      400,
    );
  }
  const content = field(tensor, 'tensorContent');
  if (typeof content === 'string' && content !== '')
    return fromBytes(Buffer.from(content, 'base64'), known.type, count);
  const values = listOf(field(tensor, known.field));
  return filled(known.field === 'halfVal' ? halves(values) : values.map(READ[known.field] ?? Number), count);
}

const READ: Readonly<Record<string, (value: unknown) => unknown>> = {
  boolVal: (value) => value,
  int64Val: exact,
  uint64Val: exact,
};

/** Their bits, as integers. */
function halves(values: readonly unknown[]): readonly number[] {
  return Array.from(fromFloat16Bits(Uint16Array.from(values, Number)));
}

/** A bigint beyond 2^53. */
function exact(value: unknown): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(String(value)) ? number : BigInt(String(value));
}

function fromBytes(bytes: Buffer, type: NumericType, count: number): unknown[] {
  if (bytes.length !== count * elementSize(type)) {
    throw new PredictionError(
      `tftensor: expected ${count * elementSize(type)} bytes of tensorContent, got ${bytes.length}`,
      400,
    );
  }
  const data = viewBytes(type, bytes);
  if (type === 'float16') return Array.from(fromFloat16Bits(data as Uint16Array));
  if (type === 'bool') return Array.from(data as Uint8Array, (value) => value !== 0);
  return Array.from(data as ArrayLike<number | bigint>, (value) => (typeof value === 'bigint' ? exact(value) : value));
}

/** As TensorFlow reads it: the last value stands for those that are missing. */
function filled(values: readonly unknown[], count: number): unknown[] {
  if (values.length === count) return [...values];
  if (values.length === 0 || values.length > count || count > MOST_FILLED) {
    throw new PredictionError(`tftensor: expected ${count} values, got ${values.length}`, 400);
  }
  return Array.from({ length: count }, (_, index) => values[Math.min(index, values.length - 1)]);
}

function textOf(value: unknown): string {
  return Buffer.from(String(value), 'base64').toString('utf8');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** By its name in JSON, or in the proto. */
function field(tensor: Readonly<Record<string, unknown>>, name: string): unknown {
  return tensor[name] ?? tensor[snakeCase(name)];
}
