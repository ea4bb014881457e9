/** One row of JSON values into a typed array and back, for each element type; no allocation per element. */
import type { Tensor, TensorData, TensorType } from './tensor.ts';

/** Writes a row from `offset` on; returns the index of the first value that does not fit the type, or -1. */
export type WriteRow = (target: TensorData, row: readonly unknown[], offset: number) => number;

/** The smallest and largest value of each integer type. */
export const INTEGER_RANGES: Partial<Record<TensorType, readonly [number | bigint, number | bigint]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
  uint64: [0n, 2n ** 64n - 1n],
};

/** How each type takes JSON values; float16 into a Float64Array, to be rounded all at once. */
export const ROW_WRITERS: Readonly<Record<TensorType, WriteRow>> = {
  float32: writeFloats,
  float64: writeFloats,
  float16: writeFloats,
  int8: integerWriter('int8'),
  int16: integerWriter('int16'),
  int32: integerWriter('int32'),
  int64: bigintWriter('int64'),
  uint8: integerWriter('uint8'),
  uint16: integerWriter('uint16'),
  uint32: integerWriter('uint32'),
  uint64: bigintWriter('uint64'),
  bool: writeBools,
  string: writeStrings,
};

function writeFloats(target: TensorData, row: readonly unknown[], offset: number): number {
  const floats = target as Float64Array;
  for (let index = 0; index < row.length; index += 1) {
    const value = row[index];
    if (typeof value === 'number') floats[offset + index] = value;
    else {
      const special = unusualFloat(value);
      if (special === undefined) return index;
      floats[offset + index] = special;
    }
  }
  return -1;
}

/** A float that JSON has no number for (proto3's JSON mapping; JSON.stringify and pandas write null), or an integer beyond 2^53. */
function unusualFloat(value: unknown): number | undefined {
  if (value === 'NaN' || value === null) return NaN;
  if (value === 'Infinity') return Infinity;
  if (value === '-Infinity') return -Infinity;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

function integerWriter(type: 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'): WriteRow {
  const [min, max] = INTEGER_RANGES[type] as readonly [number, number];
  return (target, row, offset) => {
    const integers = target as Int32Array;
    for (let index = 0; index < row.length; index += 1) {
      const value = row[index];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) return index;
      integers[offset + index] = value;
    }
    return -1;
  };
}

function bigintWriter(type: 'int64' | 'uint64'): WriteRow {
  const [min, max] = INTEGER_RANGES[type] as readonly [bigint, bigint];
  return (target, row, offset) => {
    const integers = target as BigInt64Array;
    for (let index = 0; index < row.length; index += 1) {
      const value = toBigInt(row[index]);
      if (value === undefined || value < min || value > max) return index;
      integers[offset + index] = value;
    }
    return -1;
  };
}

function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  // An integer that was rounded when it was read, as 9007199254740993.0 is, would be another one.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function writeBools(target: TensorData, row: readonly unknown[], offset: number): number {
  const bools = target as Uint8Array;
  for (let index = 0; index < row.length; index += 1) {
    const value = row[index];
    if (value === true || value === 1) bools[offset + index] = 1;
    else if (value !== false && value !== 0) return index;
  }
  return -1;
}

/** ONNX Runtime cuts strings at a NUL; a surrogate without its other half has no UTF-8. */
const UNFIT_FOR_STRINGS = /[\0\uD800-\uDFFF]/u;

function writeStrings(target: TensorData, row: readonly unknown[], offset: number): number {
  const strings = target as string[];
  for (let index = 0; index < row.length; index += 1) {
    const value = row[index];
    if (typeof value !== 'string' || UNFIT_FOR_STRINGS.test(value)) return index;
    strings[offset + index] = value;
  }
  return -1;
}

/** `length` elements from `offset` on as JSON values (not of float16): 64-bit integers as numbers where those are exact, else as bigint. */
export function readRow({ type, data }: Tensor, offset: number, length: number): unknown[] {
  const row: unknown[] = [];
  for (let index = 0; index < length; index += 1) row.push(data[offset + index]);
  if (type === 'float32' || type === 'float64') return nameNonFinite(row as number[]);
  if (type === 'int64' || type === 'uint64') shortenBigInts(row as bigint[]);
  else if (type === 'bool') for (let index = 0; index < length; index += 1) row[index] = row[index] !== 0;
  return row;
}

function nameNonFinite(row: (number | string)[]): unknown[] {
  for (let index = 0; index < row.length; index += 1) {
    if (!Number.isFinite(row[index])) row[index] = String(row[index]);
  }
  return row;
}

function shortenBigInts(row: (bigint | number)[]): void {
  for (let index = 0; index < row.length; index += 1) {
    const value = Number(row[index]);
    if (Number.isSafeInteger(value)) row[index] = value;
  }
}
