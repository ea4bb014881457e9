/** Messages of protobuf, by tables of their fields: the few that the client speaks are small. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { varintLength, writeVarint } from './varint.ts';
import { visitFields } from './visit-fields.ts';

// One of each for all texts: making them takes longer than most texts do.
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The fields of a message as they came; several of one number in their order. */
export type Fields = ReadonlyMap<number, readonly FieldValue[]>;

/** A number for varints and doubles, bytes for everything that has a length. */
export type FieldValue = bigint | number | Uint8Array;

/** @throws RangeError for bytes that are no message */
export function readFields(bytes: Uint8Array): Fields {
  const fields = new Map<number, FieldValue[]>();
  visitFields(bytes, (number, type, reader) => {
    const value = readValue(reader, type);
    if (value === undefined) return;
    const list = fields.get(number);
    if (list === undefined) fields.set(number, [value]);
    else list.push(value);
  });
  return fields;
}

function readValue(reader: BinaryReader, type: WireType): FieldValue | undefined {
  if (type === WireType.LengthDelimited) return reader.bytes();
  // Signed ones are what all varints of these messages are, but for one that fits as well.
  if (type === WireType.Varint) return BigInt(reader.int64());
  if (type === WireType.Bit64) return reader.double();
  return type === WireType.Bit32 ? reader.float() : undefined;
}

/** The last one as a text; empty without one. */
export function textIn(fields: Fields, number: number): string {
  const value = fields.get(number)?.at(-1);
  return value instanceof Uint8Array ? decoder.decode(value) : '';
}

/** All of them as texts. */
export function textsIn(fields: Fields, number: number): string[] {
  return bytesIn(fields, number).map((value) => decoder.decode(value));
}

/** Whether the last one is true. */
export function isTrue(fields: Fields, number: number): boolean {
  return fields.get(number)?.at(-1) === 1n;
}

/** All of them that are bytes, or messages. */
export function bytesIn(fields: Fields, number: number): Uint8Array[] {
  return (fields.get(number) ?? []).filter((value) => value instanceof Uint8Array);
}

/** A repeated integer, packed or not. */
export function integersIn(fields: Fields, number: number): bigint[] {
  return (fields.get(number) ?? []).flatMap((value) => {
    if (!(value instanceof Uint8Array)) return [BigInt(value)];
    const reader = new BinaryReader(value);
    const integers: bigint[] = [];
    while (reader.pos < reader.len) integers.push(BigInt(reader.int64()));
    return integers;
  });
}

/** Bytes, or a message, as a field. */
export function bytesField(number: number, bytes: Uint8Array): Uint8Array[] {
  const tag = number * 8 + WireType.LengthDelimited;
  const head = new Uint8Array(varintLength(tag) + varintLength(bytes.byteLength));
  writeVarint(head, writeVarint(head, 0, tag), bytes.byteLength);
  return [head, bytes];
}

/** A text as a field; nothing for an empty one. */
export function textField(number: number, text: string): Uint8Array[] {
  return text === '' ? [] : bytesField(number, encoder.encode(text));
}

/** A repeated integer, packed. */
export function integersField(number: number, integers: readonly (number | bigint)[]): Uint8Array[] {
  if (integers.length === 0) return [];
  if (integers.every(isSize)) return bytesField(number, packed(integers));
  const writer = new BinaryWriter();
  for (const integer of integers) writer.int64(BigInt(integer));
  return bytesField(number, writer.finish());
}

function isSize(integer: number | bigint): integer is number {
  return Number.isSafeInteger(integer) && Number(integer) >= 0;
}

function packed(integers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(integers.reduce((length, integer) => length + varintLength(integer), 0));
  integers.reduce((offset, integer) => writeVarint(bytes, offset, integer), 0);
  return bytes;
}

/** An integer as a field; nothing for 0. */
export function integerField(number: number, integer: number): Uint8Array[] {
  return integer === 0 ? [] : [new BinaryWriter().tag(number, WireType.Varint).int64(integer).finish()];
}
