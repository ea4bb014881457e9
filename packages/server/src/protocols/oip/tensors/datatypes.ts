/** The datatypes of the Open Inference Protocol, and which element types of ours they are. */
import type { TensorType } from '@marserve/handlers';

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

/** All that the runtime carries; BF16 is none of them. */
export const DATATYPES = Object.keys(TYPES) as readonly Datatype[];

const DATATYPE_OF = new Map<string, Datatype>(DATATYPES.map((datatype) => [TYPES[datatype], datatype]));

/** Whether a value is the name of a datatype. */
export function isDatatype(value: unknown): value is Datatype {
  return typeof value === 'string' && Object.hasOwn(TYPES, value);
}

/** The element type of a datatype. */
export function typeOf(datatype: Datatype): TensorType {
  return TYPES[datatype];
}

/** @param type an element type in the handlers' spelling @throws RangeError for one that there is not */
export function datatypeOf(type: string): Datatype {
  const datatype = DATATYPE_OF.get(type);
  if (datatype === undefined) throw new RangeError(`there is no datatype for elements of ${type}`);
  return datatype;
}
