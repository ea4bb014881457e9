/** google.protobuf.Value, ListValue and Struct, which are any JSON (struct.proto). */
import { WireType, type BinaryWriter } from '@bufbuild/protobuf/wire';
import { visitFields } from '../../protobuf/visit-fields.ts';

/** As deep as others let messages be. */
const DEEPEST = 100;
const NUMBER_TAG = 0x11;
const NUMBER_BYTES = 9;

/** @throws Error for bytes that are none, and for very deep ones */
export function readValue(bytes: Uint8Array, depth = 0): unknown {
  // Most are numbers.
  if (bytes.length === NUMBER_BYTES && bytes[0] === NUMBER_TAG) {
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1, true);
  }
  if (depth > DEEPEST) throw new RangeError(`a value is more than ${DEEPEST} deep`);
  let value: unknown = null;
  visitFields(bytes, (number, wire, reader) => {
    if (number === 1 && wire === WireType.Varint) [value] = [null, reader.int32()];
    else if (number === 2 && wire === WireType.Bit64) value = reader.double();
    else if (number === 4 && wire === WireType.Varint) value = reader.bool();
    else if (wire !== WireType.LengthDelimited) return;
    else if (number === 3) value = reader.string();
    else if (number === 5) value = readStruct(reader.bytes(), depth + 1);
    else if (number === 6) value = readList(reader.bytes(), depth + 1);
  });
  return value;
}

/** @throws Error as `readValue` */
export function readList(bytes: Uint8Array, depth = 0): unknown[] {
  const list: unknown[] = [];
  visitFields(bytes, (number, wire, reader) => {
    if (number === 1 && wire === WireType.LengthDelimited) list.push(readValue(reader.bytes(), depth));
  });
  return list;
}

/** @throws Error as `readValue` */
export function readStruct(bytes: Uint8Array, depth = 0): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  visitFields(bytes, (number, wire, reader) => {
    if (number === 1 && wire === WireType.LengthDelimited) entries.push(readEntry(reader.bytes(), depth));
  });
  return Object.fromEntries(entries);
}

function readEntry(bytes: Uint8Array, depth: number): [string, unknown] {
  let [key, value]: [string, unknown] = ['', null];
  visitFields(bytes, (number, wire, reader) => {
    if (wire !== WireType.LengthDelimited) return;
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(reader.bytes(), depth);
  });
  return [key, value];
}

/** Integers become floats, as in every Value. @throws TypeError for what is no JSON */
export function writeValue(writer: BinaryWriter, value: unknown): void {
  if (value === null || value === undefined) writer.tag(1, WireType.Varint).int32(0);
  else if (typeof value === 'number' || typeof value === 'bigint') writer.tag(2, WireType.Bit64).double(Number(value));
  else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value);
  else if (typeof value === 'boolean') writer.tag(4, WireType.Varint).bool(value);
  else if (typeof value !== 'object') throw new TypeError(`expected a value that JSON can hold, got ${typeof value}`);
  else writeObject(writer, value);
}

function writeObject(writer: BinaryWriter, value: object): void {
  if ('toJSON' in value && typeof value.toJSON === 'function') return writeValue(writer, value.toJSON());
  const list = asList(value);
  writer.tag(list === undefined ? 5 : 6, WireType.LengthDelimited).fork();
  if (list === undefined) writeStruct(writer, value);
  else writeList(writer, list);
  writer.join();
}

/** Typed arrays are lists here; undefined for what is none. */
export function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as ArrayLike<number | bigint>)
    : undefined;
}

/** @throws TypeError as `writeValue` */
export function writeList(writer: BinaryWriter, list: readonly unknown[]): void {
  if (list.every((each) => typeof each === 'number')) {
    writer.raw(numbers(list));
    return;
  }
  for (const each of list) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writeValue(writer, each);
    writer.join();
  }
}

/** Each is a field 1, of 9 bytes, with a field 2 of a Value: so long lists need not be put together byte by byte. */
function numbers(list: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(list.length * (NUMBER_BYTES + 2));
  let at = 0;
  for (const number of list) {
    bytes[at] = 0x0a;
    bytes[at + 1] = NUMBER_BYTES;
    bytes[at + 2] = NUMBER_TAG;
    at = bytes.writeDoubleLE(number, at + 3);
  }
  return bytes;
}

/** @throws TypeError as `writeValue` */
export function writeStruct(writer: BinaryWriter, struct: object): void {
  for (const [key, value] of Object.entries<unknown>({ ...struct })) {
    if (value === undefined) continue;
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).fork();
    writeValue(writer, value);
    writer.join().join();
  }
}
