/** PredictResponse. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Tensor } from '@marserve/handlers';
import { lengthDelimited } from '../grpc/length-delimited.ts';
import { textField } from '../grpc/text-field.ts';
import { isElements, type NamedTensor } from '../tensors/named-tensor.ts';
import { rawBytes } from './raw-bytes.ts';
import { ONNX_TYPES, type ElementField } from './tensor-types.ts';

/** @param isRaw whether elements are in `raw_data`; texts never are */
export function writeMessage(outputs: readonly NamedTensor[], isRaw: boolean): Buffer {
  return Buffer.concat(
    outputs.flatMap(({ name, content }) =>
      lengthDelimited(1, [textField(1, name), ...lengthDelimited(2, writeTensor(content, isRaw))]),
    ),
  );
}

function writeTensor(content: NamedTensor['content'], isRaw: boolean): Uint8Array[] {
  const head = new BinaryWriter();
  for (const size of content.shape) head.tag(1, WireType.Varint).int64(size);
  const { number, field } = ONNX_TYPES[isElements(content) ? 'string' : content.type];
  head.tag(2, WireType.Varint).int32(number);
  return [head.finish(), ...writeElements(content, field, isRaw)];
}

function writeElements(content: NamedTensor['content'], field: ElementField, isRaw: boolean): Uint8Array[] {
  if (isElements(content)) return content.elements.flatMap((bytes) => lengthDelimited(field.number, [bytes]));
  const { data } = content;
  if (Array.isArray(data)) return data.flatMap((text) => textField(field.number, text));
  if (isRaw) return lengthDelimited(9, [rawBytes(content)]);
  if (data.length === 0) return [];
  return field.kind === 'fixed' ? lengthDelimited(field.number, [rawBytes(content)]) : [packed(field, data)];
}

const WRITE = {
  int32: (writer: BinaryWriter, value: number | bigint) => writer.int32(Number(value)),
  int64: (writer: BinaryWriter, value: number | bigint) => writer.int64(value),
  uint64: (writer: BinaryWriter, value: number | bigint) => writer.uint64(value),
} as const;

function packed({ number, kind }: ElementField, values: Exclude<Tensor['data'], string[]>): Uint8Array {
  const writer = new BinaryWriter().tag(number, WireType.LengthDelimited).fork();
  const write = WRITE[kind as keyof typeof WRITE];
  for (const value of values) write(writer, value);
  return writer.join().finish();
}
