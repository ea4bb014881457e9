/** The JSON of a message, as proto3 has it, as protobuf. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { isRecord } from '../../json/is-record.ts';
import { writeAny } from './any-message.ts';
import type { Field, Kind, MessageType } from './message-types.ts';
import { asList, writeList, writeStruct, writeValue } from './value-messages.ts';

/** What the type does not have is left out. @throws TypeError for a field that does not hold what it should */
export function writeMessage(message: unknown, type: MessageType): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, message, { type, path: '' });
  return writer.finish();
}

interface Place {
  readonly type: MessageType;
  /** For errors; empty for the whole. */
  readonly path: string;
}

function writeFields(writer: BinaryWriter, message: unknown, { type, path }: Place): void {
  if (!isRecord(message)) throw misfit(path === '' ? 'the message' : path, 'an object', message);
  for (const [number, field] of Object.entries<Field>(type)) {
    const value = message[field.name in message ? field.name : snakeCase(field.name)];
    const isNothing = value === undefined || (value === null && field.kind !== 'value');
    if (isNothing) continue;
    const at = path === '' ? field.name : `${path}.${field.name}`;
    writeField(writer, value, { number: Number(number), field, path: at });
  }
}

interface Writing {
  readonly number: number;
  readonly field: Field;
  readonly path: string;
}

function writeField(writer: BinaryWriter, value: unknown, { number, field, path }: Writing): void {
  const { kind, isRepeated = false } = field;
  if (isRepeated) {
    writeSeveral(writer, listIn(value, path), { number, kind, path });
  } else if (typeof kind === 'object' && 'mapOf' in kind) {
    if (!isRecord(value)) throw misfit(path, 'an object', value);
    writeMap(writer, value, { number, kind: kind.mapOf, path });
  } else writeOne(writer, value, { number, kind, path });
}

interface OfKind {
  readonly number: number;
  readonly kind: Kind;
  readonly path: string;
}

function writeSeveral(writer: BinaryWriter, list: readonly unknown[], { number, kind, path }: OfKind): void {
  if (kind === 'double') {
    const doubles = Float64Array.from(list, (each) => numberIn(each, path));
    if (list.length > 0) writer.tag(number, WireType.LengthDelimited).bytes(new Uint8Array(doubles.buffer));
  } else for (const each of list) writeOne(writer, each, { number, kind, path });
}

function writeMap(writer: BinaryWriter, map: Readonly<Record<string, unknown>>, { number, kind, path }: OfKind): void {
  for (const [key, value] of Object.entries(map)) {
    if (value === undefined) continue;
    writer.tag(number, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writeOne(writer, value, { number: 2, kind, path: `${path}.${key}` });
    writer.join();
  }
}

function writeOne(writer: BinaryWriter, value: unknown, { number, kind, path }: OfKind): void {
  if (typeof kind === 'string') return WRITE[kind](writer, value, { number, path });
  if ('mapOf' in kind) throw misfit(path, 'no map', value);
  if ('names' in kind) {
    writer.tag(number, WireType.Varint).int32(numberOfName(value, kind.names, path));
    return;
  }
  writer.tag(number, WireType.LengthDelimited).fork();
  writeFields(writer, value, { type: kind.message, path });
  writer.join();
}

interface At {
  readonly number: number;
  readonly path: string;
}

type Write = (writer: BinaryWriter, value: unknown, at: At) => void;

const WRITE: Readonly<Record<Extract<Kind, string>, Write>> = {
  int32: (writer, value, { number, path }) => writer.tag(number, WireType.Varint).int32(numberIn(value, path)),
  uint32: (writer, value, { number, path }) => writer.tag(number, WireType.Varint).uint32(numberIn(value, path)),
  int64: (writer, value, { number, path }) => writer.tag(number, WireType.Varint).int64(integerIn(value, path)),
  uint64: (writer, value, { number, path }) => writer.tag(number, WireType.Varint).uint64(integerIn(value, path)),
  bool: (writer, value, { number }) => writer.tag(number, WireType.Varint).bool(value === true),
  float: (writer, value, { number, path }) => writer.tag(number, WireType.Bit32).float(numberIn(value, path)),
  double: (writer, value, { number, path }) => writer.tag(number, WireType.Bit64).double(numberIn(value, path)),
  string: (writer, value, { number, path }) => writer.tag(number, WireType.LengthDelimited).string(textIn(value, path)),
  bytes: (writer, value, { number, path }) =>
    writer.tag(number, WireType.LengthDelimited).bytes(Buffer.from(textIn(value, path), 'base64')),
  value: delimited(writeValue),
  list: delimited((writer, value, path) => {
    writeList(writer, listIn(value, path));
  }),
  struct: delimited((writer, value, path) => {
    if (!isRecord(value)) throw misfit(path, 'an object', value);
    writeStruct(writer, value);
  }),
  any: delimited(writeAny),
};

function delimited(write: (writer: BinaryWriter, value: unknown, path: string) => void): Write {
  return (writer, value, { number, path }) => {
    writer.tag(number, WireType.LengthDelimited).fork();
    write(writer, value, path);
    writer.join();
  };
}

/** Names of what JSON has no number for are taken. */
function numberIn(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  const number = typeof value === 'bigint' || typeof value === 'string' ? Number(value) : NaN;
  if (Number.isNaN(number) && value !== 'NaN') throw misfit(path, 'a number', value);
  return number;
}

function integerIn(value: unknown, path: string): bigint {
  try {
    return BigInt(value as number);
  } catch {
    throw misfit(path, 'an integer', value);
  }
}

function listIn(value: unknown, path: string): readonly unknown[] {
  const list = asList(value);
  if (list !== undefined) return list;
  throw misfit(path, 'a list', value);
}

function textIn(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw misfit(path, 'a text', value);
}

function numberOfName(value: unknown, names: readonly string[], path: string): number {
  const number = typeof value === 'number' ? value : names.indexOf(value as string);
  if (Number.isInteger(number) && number >= 0) return number;
  throw misfit(path, `one of ${names.join(', ')}`, value);
}

function misfit(what: string, expected: string, got: unknown): TypeError {
  return new TypeError(`${what}: expected ${expected}, got ${shown(got)}`);
}

const MOST_CHARS = 60;

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MOST_CHARS));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : typeof value;
}

/** As protobuf spells names, which proto3's JSON takes as well. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
