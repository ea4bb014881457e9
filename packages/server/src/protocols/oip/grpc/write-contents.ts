/** A tensor as InferTensorContents. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type NamedTensor, isElements } from '../../tensors/named-tensor.ts';
import { lengthDelimited } from '../../grpc/length-delimited.ts';
import { datatypeOf } from '../tensors/datatypes.ts';
import { writeRaw } from '../tensors/raw-tensor.ts';
import { CONTENTS_FIELDS, type ContentsField } from './contents-fields.ts';

/** The message in pieces; undefined for FP16, which it cannot hold. */
export function writeContents(content: NamedTensor['content']): Uint8Array[] | undefined {
  if (isElements(content)) return writeBytes(content.elements);
  const { type, data } = content;
  const datatype = datatypeOf(type);
  if (datatype === 'FP16') return undefined;
  if (Array.isArray(data)) return writeBytes(data.map((text) => Buffer.from(text)));
  const field = CONTENTS_FIELDS[datatype];
  return field.kind === 'fixed' ? lengthDelimited(field.number, [writeRaw(content)]) : [writeIntegers(field, data)];
}

function writeBytes(elements: readonly Uint8Array[]): Uint8Array[] {
  return elements.flatMap((element) => lengthDelimited(CONTENTS_FIELDS.BYTES.number, [element]));
}

/** Packed, as proto3 has it. */
function writeIntegers({ number, kind }: ContentsField, values: ArrayLike<number | bigint>): Uint8Array {
  const writer = new BinaryWriter().tag(number, WireType.LengthDelimited).fork();
  const write = WRITE[kind as keyof typeof WRITE];
  for (let index = 0; index < values.length; index += 1) write(writer, values[index] as never);
  return writer.join().finish();
}

const WRITE = {
  bool: (writer: BinaryWriter, value: number) => writer.bool(value !== 0),
  int32: (writer: BinaryWriter, value: number) => writer.int32(value),
  int64: (writer: BinaryWriter, value: bigint) => writer.int64(value),
  uint32: (writer: BinaryWriter, value: number) => writer.uint32(value),
  uint64: (writer: BinaryWriter, value: bigint) => writer.uint64(value),
} as const;
