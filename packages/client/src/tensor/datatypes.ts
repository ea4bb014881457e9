/** The datatypes of the Open Inference Protocol. */
import type { TensorType } from './tensor.ts';

const TYPES = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<string, TensorType>;

/** The protocol's word for an element type. */
export type Datatype = keyof typeof TYPES;

const DATATYPE_OF = new Map<TensorType, Datatype>([
  ...Object.entries(TYPES).map(([datatype, type]) => [type, datatype as Datatype] as const),
  ['bytes', 'BYTES'],
]);

/** The element type of a datatype; that of BYTES is `string`. @throws RangeError for one that there is not, such as BF16 */
export function tensorTypeOf(datatype: unknown): TensorType {
  if (typeof datatype === 'string' && Object.hasOwn(TYPES, datatype)) return TYPES[datatype as Datatype];
  throw new RangeError(`expected one of the datatypes ${Object.keys(TYPES).join(', ')}, got ${String(datatype)}`);
}

/** The protocol's word. @throws RangeError for a type that there is not */
export function datatypeOf(type: TensorType): Datatype {
  const datatype = DATATYPE_OF.get(type);
  if (datatype !== undefined) return datatype;
  throw new RangeError(`expected one of the types ${[...DATATYPE_OF.keys()].join(', ')}, got ${type}`);
}
