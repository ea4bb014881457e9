/** Tensors as every protocol can hold them: rows of numbers or texts, and the bytes that they are. */
import { parseJson, stringifyJson } from '@marserve/handlers/json';

const ARRAYS = {
  BOOL: Uint8Array,
  INT8: Int8Array,
  UINT16: Uint16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT64: BigUint64Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

export type TableType = keyof typeof ARRAYS | 'BYTES';

/** A number that JSON has none for is a string, as is a text. */
export type Value = number | bigint | boolean | string;

export interface Table {
  readonly type: TableType;
  readonly columns: number;
  /** Row by row. */
  readonly values: readonly Value[];
}

export const rowsOf = ({ values, columns }: Table): Value[][] =>
  Array.from({ length: values.length / columns }, (_, row) => values.slice(row * columns, (row + 1) * columns));

export const shapeOf = ({ values, columns }: Table) => [values.length / columns, columns];

/** Little-endian; texts have their length before them, in four bytes. */
export function bytesOf({ type, values }: Pick<Table, 'type' | 'values'>): Buffer {
  if (type === 'BYTES') return Buffer.concat(values.flatMap((text) => withLength(Buffer.from(String(text)))));
  const array = new ARRAYS[type](values.length);
  const elements = array as unknown as (number | bigint)[];
  const isLong = array instanceof BigInt64Array || array instanceof BigUint64Array;
  for (const [index, value] of values.entries()) elements[index] = isLong ? BigInt(value) : Number(value);
  return Buffer.from(array.buffer);
}

function withLength(bytes: Buffer): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return [length, bytes];
}

/** As JSON of the protocols whose floats have strings for what JSON has no number for. */
export const jsonOf = (value: unknown) => stringifyJson(value);

/** As JSON with the bare tokens NaN, Infinity and -Infinity. */
export const bareJsonOf = (value: unknown) => jsonOf(value).replaceAll(/"(NaN|-?Infinity)"/g, '$1');

/** Integers beyond 2^53 are exact. */
export const valueOf = (json: string): unknown => parseJson(json.replaceAll(/(?<=[[,:])(NaN|-?Infinity)/g, '"$1"'));

/** The bytes of nested lists of values. */
export function bytesOfJson(type: TableType, lists: unknown): Buffer {
  return bytesOf({ type, values: [lists].flat(10) as Value[] });
}
