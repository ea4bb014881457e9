/** The entries of a map of InferParameter ↔ parameters. */
import { BinaryWriter, WireType, type BinaryReader } from '@bufbuild/protobuf/wire';
import { lengthDelimited } from '../../grpc/length-delimited.ts';
import { visitFields } from '@marserve/client/protobuf';
import type { Parameters, ParameterValue } from '../inference/parameters.ts';

/** @param entries those of a map, in their order; of several of a name the last counts @throws Error for what is no such entry */
export function readParameterEntries(entries: readonly Uint8Array[]): Parameters {
  return Object.fromEntries(entries.map(readEntry));
}

function readEntry(entry: Uint8Array): [name: string, value: ParameterValue] {
  let name = '';
  let value: ParameterValue | undefined;
  visitFields(entry, (field, type, reader) => {
    if (type !== WireType.LengthDelimited) return;
    if (field === 1) name = reader.string();
    else if (field === 2) value = readValue(reader.bytes()) ?? value;
  });
  if (value === undefined) throw new RangeError(`its parameter "${name.slice(0, 60)}" has no value`);
  return [name, value];
}

function readValue(message: Uint8Array): ParameterValue | undefined {
  let value: ParameterValue | undefined;
  visitFields(message, (field, type, reader) => {
    const choice = CHOICES[field];
    if (choice?.type === type) value = choice.read(reader);
  });
  return value;
}

interface Choice {
  readonly type: WireType;
  readonly read: (reader: BinaryReader) => ParameterValue;
}

const CHOICES: Readonly<Partial<Record<number, Choice>>> = {
  1: { type: WireType.Varint, read: (reader) => reader.bool() },
  2: { type: WireType.Varint, read: (reader) => numberIfSafe(BigInt(reader.int64())) },
  3: { type: WireType.LengthDelimited, read: (reader) => reader.string() },
  4: { type: WireType.Bit64, read: (reader) => reader.double() },
  5: { type: WireType.Varint, read: (reader) => numberIfSafe(BigInt(reader.uint64())) },
};

/** As integers of JSON are. */
function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Entries of the map that is the field of this number, in pieces. */
export function writeParameters(field: number, parameters: Parameters): Uint8Array[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    const key = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name).finish();
    return lengthDelimited(field, [key, ...lengthDelimited(2, [writeValue(value)])]);
  });
}

function writeValue(value: ParameterValue): Uint8Array {
  const writer = new BinaryWriter();
  if (typeof value === 'boolean') return writer.tag(1, WireType.Varint).bool(value).finish();
  if (typeof value === 'string') return writer.tag(3, WireType.LengthDelimited).string(value).finish();
  if (isInt64(value)) return writer.tag(2, WireType.Varint).int64(BigInt(value)).finish();
  if (typeof value === 'number') return writer.tag(4, WireType.Bit64).double(value).finish();
  return writer.tag(5, WireType.Varint).uint64(value).finish();
}

function isInt64(value: number | bigint): boolean {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value;
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
