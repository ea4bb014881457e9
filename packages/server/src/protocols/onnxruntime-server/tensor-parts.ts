/** A TensorProto as it was read, whatever it was read from, and the tensor that it is. */
import type { Tensor, TensorData, TensorType } from '@marserve/handlers';
import { allocateData, elementSize, viewBytes } from '@marserve/handlers/tensor';
import type { PredictionError } from '@marserve/handlers/prediction-error';
import { badRequest, shown } from '../bad-request.ts';
import type { NamedTensor } from '../tensors/named-tensor.ts';
import { countOf, isShape, MAX_AXES } from '../tensors/shape.ts';
import { ONNX_TYPES, typeOfNumber, type ElementField } from './tensor-types.ts';

/** Elements that are not raw: those of `fixed` fields in their own array, others one by one. */
export type TypedElements = Float32Array | Float64Array | readonly (number | bigint)[] | readonly Buffer[];

/** What a TensorProto says. */
export interface TensorParts {
  /** `dims`. */
  readonly shape: readonly number[];
  /** `data_type`; 0 without one. */
  readonly dataType: number;
  /** `raw_data`; undefined without it. */
  readonly raw?: Buffer;
  /** The other fields that have elements. */
  readonly typed: ReadonlyMap<ElementField, TypedElements>;
  /** Whether its elements are said to be in a file. */
  readonly isExternal: boolean;
}

/** @throws PredictionError 400 that names the tensor, what was expected and what came */
export function toTensor(name: string, parts: TensorParts): NamedTensor['content'] {
  const { shape, raw, typed } = parts;
  const type = checkedType(name, parts);
  if (parts.isExternal) throw problem({ name, type, shape }, 'got one whose elements are in a file of its client');
  if (raw === undefined) return typedTensor({ name, type, shape }, typed);
  const [other] = typed.keys();
  if (other !== undefined) throw problem({ name, type, shape }, `got both raw_data and ${other.name}`);
  return rawTensor({ name, type, shape }, raw);
}

interface Head {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
}

function checkedType(name: string, { dataType, shape }: TensorParts): TensorType {
  const type = typeOfNumber(dataType);
  if (type === undefined) {
    const known = Object.values(ONNX_TYPES).map((each) => `${each.number} (${each.name})`);
    throw badRequest(`Input "${name}": expected a data_type of ${known.join(', ')}; got ${dataType}`);
  }
  if (isShape(shape)) return type;
  const expected = `${MAX_AXES} dims at most, which are integers from 0 on`;
  throw badRequest(`Input "${name}": expected ${expected}; got ${shown(shape)}`);
}

function problem({ name, type, shape }: Head, what: string): PredictionError {
  return badRequest(`Input "${name}": expected ${ONNX_TYPES[type].name} [${shape.join(', ')}], ${what}`);
}

function rawTensor(head: Head, raw: Buffer): Tensor {
  const { type, shape } = head;
  if (type === 'string') throw problem(head, 'whose elements are in string_data; got raw_data');
  const expected = countOf(shape) * elementSize(type);
  if (raw.length !== expected) throw problem(head, `which are ${expected} bytes of raw_data; got ${raw.length}`);
  if (type === 'bool' && raw.some((byte) => byte > 1)) throw problem(head, 'got a byte that is neither 0 nor 1');
  return { type, shape, data: viewBytes(type, raw) };
}

function typedTensor(head: Head, typed: TensorParts['typed']): NamedTensor['content'] {
  const { type, shape } = head;
  const { field } = ONNX_TYPES[type];
  const other = [...typed.keys()].find((each) => each !== field);
  if (other !== undefined) throw problem(head, `whose elements are in ${field.name}; got ${other.name}`);
  const elements = typed.get(field) ?? [];
  const count = countOf(shape);
  if (elements.length !== count) {
    throw problem(head, `which has ${count} elements; got ${elements.length} in ${field.name}`);
  }
  if (field.kind === 'bytes') return { shape, elements: elements as readonly Buffer[] };
  if (elements instanceof Float32Array || elements instanceof Float64Array) return { type, shape, data: elements };
  return { type, shape, data: integers(head, elements as readonly (number | bigint)[]) };
}

/** @throws PredictionError 400 for one that elements of the type cannot be */
function integers(head: Head, values: readonly (number | bigint)[]): TensorData {
  const data = allocateData(head.type, values.length);
  const elements = data as unknown as (number | bigint)[];
  const isLong = data instanceof BigInt64Array || data instanceof BigUint64Array;
  for (const [index, value] of values.entries()) {
    const element = isLong ? BigInt(value) : Number(value);
    elements[index] = element;
    const isWrong = elements[index] !== element || (head.type === 'bool' && Number(value) > 1);
    if (isWrong) throw problem(head, `got ${String(value)} as element ${index}`);
  }
  return data;
}
