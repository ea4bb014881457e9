/** Maps of InferParameter ↔ parameters. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { concatBytes } from '../tensor/tensor-bytes.ts';
import type { Parameters, ParameterValue } from '../v2/v2-client.ts';
import { bytesField, bytesIn, readFields, textField, textIn, type Fields } from '../protobuf/fields.ts';

/** The entries of the map that is the field of this number. */
export function parametersField(number: number, parameters: Parameters = {}): Uint8Array[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    bytesField(number, concatBytes([...textField(1, name), ...bytesField(2, writeValue(value))])),
  );
}

function writeValue(value: ParameterValue): Uint8Array {
  const writer = new BinaryWriter();
  if (typeof value === 'boolean') return writer.tag(1, WireType.Varint).bool(value).finish();
  if (typeof value === 'string') return writer.tag(3, WireType.LengthDelimited).string(value).finish();
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    return writer.tag(2, WireType.Varint).int64(BigInt(value)).finish();
  }
  return writer.tag(4, WireType.Bit64).double(value).finish();
}

/** What the map has; those without a value are left out. */
export function parametersIn(fields: Fields, number: number): Parameters {
  const entries = bytesIn(fields, number).map((entry): [string, ParameterValue | undefined] => {
    const read = readFields(entry);
    return [textIn(read, 1), readValue(readFields(bytesIn(read, 2).at(-1) ?? new Uint8Array()))];
  });
  return Object.fromEntries(entries.filter((entry): entry is [string, ParameterValue] => entry[1] !== undefined));
}

function readValue(fields: Fields): ParameterValue | undefined {
  const [number, values] = [...fields].at(-1) ?? [];
  const value = values?.at(-1);
  if (number === 1) return value === 1n;
  if (number === 3) return textIn(fields, 3);
  if (number === 4 && typeof value === 'number') return value;
  if (typeof value !== 'bigint') return undefined;
  const exact = number === 5 ? BigInt.asUintN(64, value) : value;
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}
