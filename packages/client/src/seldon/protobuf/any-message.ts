/** google.protobuf.Any: its type as `@type` and what is in it as `value`, which is base64 where the type is not one of protobuf's own. */
import { WireType, type BinaryReader, type BinaryWriter } from '@bufbuild/protobuf/wire';
import { isRecord } from '../../json/is-record.ts';
import { visitFields } from '../../protobuf/visit-fields.ts';
import { base64Of } from './node-base64.ts';
import { readList, readStruct, readValue, writeList, writeStruct, writeValue } from './value-messages.ts';

/** What is in an Any of a type whose JSON is a value. */
interface ValueType {
  readonly read: (bytes: Uint8Array) => unknown;
  readonly write: (writer: BinaryWriter, value: unknown) => void;
}

const VALUE_TYPES: Readonly<Record<string, ValueType>> = {
  'google.protobuf.Value': { read: (bytes) => readValue(bytes), write: writeValue },
  'google.protobuf.Struct': {
    read: (bytes) => readStruct(bytes),
    write: (writer, value) => writeStruct(writer, isRecord(value) ? value : {}),
  },
  'google.protobuf.ListValue': {
    read: (bytes) => readList(bytes),
    write: (writer, value) => writeList(writer, Array.isArray(value) ? value : []),
  },
  'google.protobuf.StringValue': {
    read: (bytes) => wrapped(bytes, '', (reader) => reader.string()),
    write: (writer, value) => writer.tag(1, WireType.LengthDelimited).string(String(value)),
  },
};

function wrapped(bytes: Uint8Array, otherwise: unknown, read: (reader: BinaryReader) => unknown): unknown {
  let value = otherwise;
  visitFields(bytes, (number, wire, reader) => {
    if (number === 1 && wire === WireType.LengthDelimited) value = read(reader);
  });
  return value;
}

/** @throws Error for bytes that are none */
export function readAny(bytes: Uint8Array): Record<string, unknown> {
  let type = '';
  let content: Uint8Array = new Uint8Array();
  visitFields(bytes, (number, wire, reader) => {
    if (wire !== WireType.LengthDelimited) return;
    if (number === 1) type = reader.string();
    else if (number === 2) content = reader.bytes();
  });
  const known = valueType(type);
  return { '@type': type, value: known === undefined ? base64Of(content) : known.read(content) };
}

/** @throws TypeError for what is none */
export function writeAny(writer: BinaryWriter, any: unknown): void {
  const { '@type': type, value = '' } = isRecord(any) ? any : {};
  if (typeof type !== 'string') throw new TypeError('customData: expected an object with its type as "@type"');
  writer.tag(1, WireType.LengthDelimited).string(type);
  const known = valueType(type);
  if (known !== undefined) {
    writer.tag(2, WireType.LengthDelimited).fork();
    known.write(writer, value);
    writer.join();
  } else if (typeof value === 'string') writer.tag(2, WireType.LengthDelimited).bytes(Buffer.from(value, 'base64'));
  else throw new TypeError(`customData: expected the bytes of ${type} in base64 as "value"`);
}

/** By what is behind the last slash of the type's address. */
function valueType(type: string): ValueType | undefined {
  const name = type.slice(type.lastIndexOf('/') + 1);
  return Object.hasOwn(VALUE_TYPES, name) ? VALUE_TYPES[name] : undefined;
}
