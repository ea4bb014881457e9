/** InferTensorContents as a tensor. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Tensor } from '@marserve/handlers';
import { allocateData } from '@marserve/handlers/tensor';
import type { ByteElements } from '../../tensors/named-tensor.ts';
import { countOf } from '../../tensors/shape.ts';
import { asBuffer } from '../../as-buffer.ts';
import { visitFields } from '@marserve/client/protobuf';
import { typeOf } from '../tensors/datatypes.ts';
import { inputProblem, type TensorHead } from '../tensors/input-tensor.ts';
import { readRaw } from '../tensors/raw-tensor.ts';
import { CONTENTS_FIELDS, type ContentsField, type ContentsKind } from './contents-fields.ts';

/**
 * @param messages the contents; several count as one
 * @throws PredictionError 400 when they are not such a tensor; Error for bytes that are no message
 */
export function readContents(head: TensorHead, messages: readonly Uint8Array[]): Tensor | ByteElements {
  const { datatype, shape } = head;
  if (datatype === 'FP16') throw inputProblem(head, 'got typed contents, which have no such numbers; send raw ones');
  const field = CONTENTS_FIELDS[datatype];
  const values: Value[] = [];
  for (const message of messages) readValues(message, { field, head, values });
  if (field.kind === 'fixed') return readRaw(head, joined(values as Buffer[]));
  const count = countOf(shape);
  if (values.length !== count) throw inputProblem(head, `which has ${count} elements; got ${values.length}`);
  return field.kind === 'bytes' ? { shape, elements: values as Buffer[] } : integers(head, values);
}

/** An element; of `fixed` ones the bytes of one or several. */
type Value = number | bigint | Buffer;

interface Reading {
  readonly field: ContentsField;
  readonly head: TensorHead;
  readonly values: Value[];
}

/** Packed or one by one, as protobuf has it. */
function readValues(message: Uint8Array, { field: { number, name, kind }, head, values }: Reading): void {
  visitFields(message, (field, type, reader) => {
    if (field !== number) throw inputProblem(head, `whose elements are in ${name}; got field ${field} of the contents`);
    if (type !== WireType.LengthDelimited) values.push(readSingle(reader, { type, kind }));
    else if (kind === 'bytes' || kind === 'fixed') values.push(asBuffer(reader.bytes()));
    else {
      const packed = new BinaryReader(reader.bytes());
      while (packed.pos < packed.len) values.push(READ[kind](packed));
    }
  });
}

function readSingle(reader: BinaryReader, { type, kind }: { type: WireType; kind: ContentsKind }): Value {
  if (kind === 'fixed') return asBuffer(reader.skip(type));
  if (type === WireType.Varint && kind !== 'bytes') return READ[kind](reader);
  throw new RangeError(`its elements of ${kind} have the wire type ${type}`);
}

const READ = {
  bool: (reader: BinaryReader) => Number(reader.bool()),
  int32: (reader: BinaryReader) => reader.int32(),
  int64: (reader: BinaryReader) => BigInt(reader.int64()),
  uint32: (reader: BinaryReader) => reader.uint32(),
  uint64: (reader: BinaryReader) => BigInt(reader.uint64()),
} as const;

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

function integers(head: TensorHead, values: readonly Value[]): Tensor {
  const type = typeOf(head.datatype);
  const data = allocateData(type, values.length);
  const elements = data as unknown as Value[];
  for (const [index, value] of values.entries()) {
    elements[index] = value;
    if (data[index] !== value) throw inputProblem(head, `got ${String(value)} as element ${index}`);
  }
  return { type, shape: head.shape, data };
}
