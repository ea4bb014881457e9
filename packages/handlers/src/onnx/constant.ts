/** A constant of a graph (TensorProto): what it looks like, and its values where they are few. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { fieldsOf, integerField, lastField, stringField } from './fields.ts';

/** More values than this are weights, which nobody reads. */
const MAX_VALUES = 4096;

/** Bytes of an element in `raw_data` and how it is read, for the integer types of TensorProto.DataType. */
const RAW_INTEGERS: Readonly<Record<number, readonly [size: number, read: (view: DataView, at: number) => number]>> = {
  2: [1, (view, at) => view.getUint8(at)],
  3: [1, (view, at) => view.getInt8(at)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [2, (view, at) => view.getInt16(at, true)],
  6: [4, (view, at) => view.getInt32(at, true)],
  7: [8, (view, at) => Number(view.getBigInt64(at, true))],
  9: [1, (view, at) => view.getUint8(at)],
};

const RAW_DATA = 9;
const INT32_DATA = 5;
const INT64_DATA = 7;
const EXTERNAL = 1;

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

  get dims(): number[] {
    return integersField(this.#message, 1);
  }

  /** The values of an integer or bool constant; undefined for other types, for many, and for those in another file. */
  integers(): number[] | undefined {
    const read = RAW_INTEGERS[this.type];
    const count = this.dims.reduce((product, dim) => product * dim, 1);
    if (read === undefined || count > MAX_VALUES || integerField(this.#message, 14) === EXTERNAL) return undefined;
    const raw = lastField(this.#message, RAW_DATA)?.bytes;
    const values =
      raw === undefined
        ? integersField(this.#message, this.type === 7 ? INT64_DATA : INT32_DATA)
        : rawIntegers(raw, ...read);
    return values.length === count ? values : undefined;
  }
}

/** A repeated integer field, packed or one by one. */
export function integersField(message: Uint8Array, wanted: number): number[] {
  const values: number[] = [];
  for (const { number, raw, bytes } of fieldsOf(message)) {
    if (number !== wanted) continue;
    const reader = new BinaryReader(bytes ?? raw);
    if (bytes === undefined && reader.tag()[1] !== WireType.Varint) continue;
    while (reader.pos < reader.len) values.push(Number(reader.int64()));
  }
  return values;
}

function rawIntegers(raw: Uint8Array, size: number, read: (view: DataView, at: number) => number): number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: Math.floor(raw.byteLength / size) }, (_, index) => read(view, index * size));
}
