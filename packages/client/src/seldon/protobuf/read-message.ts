/** A message of protobuf as the JSON of proto3 that says the same; floats that JSON has no number for stay numbers. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { visitFields } from '../../protobuf/visit-fields.ts';
import { viewBytes } from '../../tensor/tensor.ts';
import { readAny } from './any-message.ts';
import type { Field, Kind, MessageType } from './message-types.ts';
import { base64Of } from './node-base64.ts';
import { readList, readStruct, readValue } from './value-messages.ts';

/** Fields that the type does not have are left out. @throws Error for bytes that are no message */
export function readMessage(bytes: Uint8Array, type: MessageType): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  visitFields(bytes, (number, wire, reader) => {
    const field = type[number];
    if (field !== undefined) readField(message, { field, wire, reader, type });
  });
  return message;
}

interface Reading {
  readonly field: Field;
  readonly wire: WireType;
  readonly reader: BinaryReader;
  /** Of the message. */
  readonly type: MessageType;
}

function readField(message: Record<string, unknown>, { field, wire, reader, type }: Reading): void {
  const { name, kind, isRepeated = false, isChoice = false } = field;
  if (isRepeated) return readRepeated(message, { field, wire, reader, type });
  if (typeof kind === 'object' && 'mapOf' in kind) return readEntry(message, { field, wire, reader, type }, kind.mapOf);
  if (wire !== wireOf(kind)) return;
  if (isChoice) for (const other of Object.values(type)) if (other.isChoice === true) delete message[other.name];
  message[name] = readOne(kind, reader);
}

function readRepeated(message: Record<string, unknown>, { field: { name, kind }, wire, reader }: Reading): void {
  const expected = wireOf(kind);
  const isPacked = wire === WireType.LengthDelimited && expected !== WireType.LengthDelimited;
  if (wire !== expected && !isPacked) return;
  const read = isPacked ? readPacked(kind, reader.bytes()) : [readOne(kind, reader)];
  const before = message[name] as unknown[] | undefined;
  if (before === undefined) message[name] = read;
  else for (const each of read) before.push(each);
}

function readPacked(kind: Kind, bytes: Uint8Array): unknown[] {
  if (kind === 'double' || kind === 'float') {
    const [type, size] = kind === 'double' ? (['float64', 8] as const) : (['float32', 4] as const);
    if (bytes.length % size !== 0) throw new RangeError(`${bytes.length} bytes are no ${type}s`);
    return Array.from(viewBytes(type, bytes) as ArrayLike<number>);
  }
  const reader = new BinaryReader(bytes);
  const read: unknown[] = [];
  while (reader.pos < reader.len) read.push(readOne(kind, reader));
  return read;
}

/** Keys are own properties whatever they are. */
function readEntry(message: Record<string, unknown>, { field, wire, reader }: Reading, kind: Kind): void {
  if (wire !== WireType.LengthDelimited) return;
  const { key = '', value = defaultOf(kind) } = readMessage(reader.bytes(), {
    1: { name: 'key', kind: 'string' },
    2: { name: 'value', kind },
  });
  const map = (message[field.name] ??= {});
  const property = { value, enumerable: true, writable: true, configurable: true };
  Object.defineProperty(map, key as string, property);
}

function defaultOf(kind: Kind): unknown {
  if (kind === 'string') return '';
  if (kind === 'int32') return 0;
  return kind === 'value' ? null : {};
}

function wireOf(kind: Kind): WireType {
  if (typeof kind === 'object') return 'names' in kind ? WireType.Varint : WireType.LengthDelimited;
  if (kind === 'double') return WireType.Bit64;
  if (kind === 'float') return WireType.Bit32;
  return VARINTS.has(kind) ? WireType.Varint : WireType.LengthDelimited;
}

const VARINTS: ReadonlySet<Kind> = new Set<Kind>(['int32', 'uint32', 'int64', 'uint64', 'bool']);

function readOne(kind: Kind, reader: BinaryReader): unknown {
  if (typeof kind === 'string') return READ[kind](reader);
  if ('message' in kind) return readMessage(reader.bytes(), kind.message);
  if ('mapOf' in kind) throw new TypeError('a map is read entry by entry');
  const number = reader.int32();
  return kind.names[number] ?? number;
}

const READ: Readonly<Record<Extract<Kind, string>, (reader: BinaryReader) => unknown>> = {
  int32: (reader) => reader.int32(),
  uint32: (reader) => reader.uint32(),
  int64: (reader) => String(reader.int64()),
  uint64: (reader) => String(reader.uint64()),
  bool: (reader) => reader.bool(),
  float: (reader) => reader.float(),
  double: (reader) => reader.double(),
  string: (reader) => reader.string(),
  bytes: (reader) => base64Of(reader.bytes()),
  value: (reader) => readValue(reader.bytes()),
  list: (reader) => readList(reader.bytes()),
  struct: (reader) => readStruct(reader.bytes()),
  any: (reader) => readAny(reader.bytes()),
};
