/** Walks the bytes of a ModelProto field by field, without decoding what nobody asks for (weights above all). */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** One field of a message. */
export interface Field {
  /** The field's number in `onnx.proto`. */
  readonly number: number;
  /** The field as it stands in the message, its tag included. */
  readonly raw: Uint8Array;
  /** A nested message, string or bytes; undefined for numbers. */
  readonly bytes?: Uint8Array;
}

/** The fields of a message in order; views, no copies. @throws Error for bytes that are not a message */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    const bytes = wireType === WireType.LengthDelimited ? reader.bytes() : undefined;
    if (bytes === undefined) reader.skip(wireType, number);
    yield { number, raw: message.subarray(start, reader.pos), ...(bytes && { bytes }) };
  }
}

/** The last occurrence of a field, which is the one that counts. */
export function lastField(message: Uint8Array, number: number): Field | undefined {
  let found: Field | undefined;
  for (const field of fieldsOf(message)) if (field.number === number) found = field;
  return found;
}

/** A string field; empty when it is not there. */
export function stringField(message: Uint8Array, number: number): string {
  return textOf(lastField(message, number)?.bytes);
}

/** An integer field; 0 when it is not there. */
export function integerField(message: Uint8Array, number: number): number {
  const raw = lastField(message, number)?.raw;
  if (raw === undefined) return 0;
  const reader = new BinaryReader(raw);
  reader.tag();
  return Number(reader.int64());
}

/** The bytes as UTF-8; empty for a field that is not there. */
export function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
