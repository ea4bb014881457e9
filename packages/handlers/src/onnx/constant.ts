/** A constant of a graph (TensorProto): what it looks like, and its values where they are few. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { fieldsOf, integerField, lastField, stringField, textOf } from './fields.ts';

/** More values than this are weights, which nobody reads. */
const MAX_VALUES = 4096;

type Read = (view: DataView, at: number) => number;

/** Bytes of an element in `raw_data` and how it is read, by TensorProto.DataType. */
const FLOATS: Readonly<Record<number, readonly [size: number, read: Read]>> = {
  1: [4, (view, at) => view.getFloat32(at, true)],
  11: [8, (view, at) => view.getFloat64(at, true)],
};
const INTEGERS: Readonly<Record<number, readonly [size: number, read: Read]>> = {
  2: [1, (view, at) => view.getUint8(at)],
  3: [1, (view, at) => view.getInt8(at)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [2, (view, at) => view.getInt16(at, true)],
  6: [4, (view, at) => view.getInt32(at, true)],
  7: [8, (view, at) => Number(view.getBigInt64(at, true))],
  9: [1, (view, at) => view.getUint8(at)],
};

const RAW_DATA = 9;
const FLOAT_DATA = 4;
const DOUBLE_DATA = 10;
const INT32_DATA = 5;
const INT64_DATA = 7;
const STRING_DATA = 6;
const EXTERNAL = 1;
const FLOAT32 = 1;
const INT64 = 7;
const STRING = 8;

/** A TensorProto; its values are decoded when somebody asks for them. */
export class Constant {
  readonly #message: Uint8Array;

  /** @param message the bytes of a TensorProto; they are kept, not copied */
  constructor(message: Uint8Array) {
    this.#message = message;
  }

  /** Empty for a constant that is an attribute. */
  get name(): string {
    return stringField(this.#message, 8);
  }

  /** TensorProto.DataType: 1 float32, 7 int64, 8 string, 9 bool … */
  get type(): number {
    return integerField(this.#message, 2);
  }

  /** Sizes of its axes; empty for a scalar. */
  get dims(): number[] {
    return integersField(this.#message, 1);
  }

  /** The values of a string or integer constant (also of whole numbers as floats), exact; undefined for others, as above. */
  labels(): (string | bigint)[] | undefined {
    if (integerField(this.#message, 14) === EXTERNAL) return undefined;
    if (this.type === STRING) return bytesFields(this.#message, STRING_DATA).map(textOf);
    if (this.type !== INT64) return wholeNumbers(this.numbers());
    const raw = lastField(this.#message, RAW_DATA)?.bytes;
    if (raw === undefined) return bigintsField(this.#message, INT64_DATA);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    return Array.from({ length: raw.byteLength >> 3 }, (_, index) => view.getBigInt64(8 * index, true));
  }

  /**
   * The values of an integer or bool constant; undefined for other types, for many, and for those in another file.
   * @param most that are read
   */
  integers(most = MAX_VALUES): number[] | undefined {
    const ofField = (message: Uint8Array) => integersField(message, this.type === INT64 ? INT64_DATA : INT32_DATA);
    return this.#values(INTEGERS[this.type], ofField, most);
  }

  /** The same of float32 and float64, too. @param most that are read */
  numbers(most = MAX_VALUES): number[] | undefined {
    const floats = FLOATS[this.type];
    if (floats === undefined) return this.integers(most);
    const ofField = (message: Uint8Array) =>
      floatsField(message, this.type === FLOAT32 ? [FLOAT_DATA, 'float'] : [DOUBLE_DATA, 'double']);
    return this.#values(floats, ofField, most);
  }

  #values(
    raw: readonly [size: number, read: Read] | undefined,
    ofField: (message: Uint8Array) => number[],
    most = MAX_VALUES,
  ): number[] | undefined {
    const count = this.dims.reduce((product, dim) => product * dim, 1);
    if (raw === undefined || count > most || integerField(this.#message, 14) === EXTERNAL) return undefined;
    const bytes = lastField(this.#message, RAW_DATA)?.bytes;
    const values = bytes === undefined ? ofField(this.#message) : rawValues(bytes, ...raw);
    return values.length === count ? values : undefined;
  }
}

function wholeNumbers(values: readonly number[] | undefined): bigint[] | undefined {
  return values?.every(Number.isSafeInteger) === true ? values.map(BigInt) : undefined;
}

/** A repeated field that is bytes or text. */
export function bytesFields(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const { number, bytes } of fieldsOf(message)) if (number === wanted && bytes !== undefined) found.push(bytes);
  return found;
}

/** A repeated integer field, packed or one by one; those beyond 2^53 rounded. */
export function integersField(message: Uint8Array, wanted: number): number[] {
  return bigintsField(message, wanted).map(Number);
}

/** The same, exact. */
export function bigintsField(message: Uint8Array, wanted: number): bigint[] {
  const values: bigint[] = [];
  for (const { number, raw, bytes } of fieldsOf(message)) {
    if (number !== wanted) continue;
    const reader = new BinaryReader(bytes ?? raw);
    if (bytes === undefined && reader.tag()[1] !== WireType.Varint) continue;
    while (reader.pos < reader.len) values.push(BigInt(reader.int64()));
  }
  return values;
}

/** A repeated float or double field, packed or one by one. */
export function floatsField(message: Uint8Array, [wanted, type]: readonly [number, 'float' | 'double']): number[] {
  const values: number[] = [];
  for (const { number, raw, bytes } of fieldsOf(message)) {
    if (number !== wanted) continue;
    const reader = new BinaryReader(bytes ?? raw);
    if (bytes === undefined) reader.tag();
    while (reader.pos < reader.len) values.push(reader[type]());
  }
  return values;
}

function rawValues(raw: Uint8Array, size: number, read: Read): number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: Math.floor(raw.byteLength / size) }, (_, index) => read(view, index * size));
}
