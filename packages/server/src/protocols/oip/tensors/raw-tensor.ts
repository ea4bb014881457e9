/** Tensors ↔ the bytes of the binary tensor data extension, and of the raw contents of gRPC: little-endian, row-major. */
import type { Tensor } from '@marserve/handlers';
import { elementSize, viewBytes } from '@marserve/handlers/tensor';
import type { ByteElements } from '../../tensors/named-tensor.ts';
import { countOf } from '../../tensors/shape.ts';
import { typeOf } from './datatypes.ts';
import { inputProblem, type TensorHead } from './input-tensor.ts';

/**
 * A view on the bytes where they are aligned.
 * @throws PredictionError 400 when they are not such a tensor
 */
export function readRaw(head: TensorHead, bytes: Buffer): Tensor | ByteElements {
  const type = typeOf(head.datatype);
  if (type === 'string') return { shape: head.shape, elements: readElements(head, bytes) };
  const expected = countOf(head.shape) * elementSize(type);
  if (bytes.length !== expected) throw inputProblem(head, `which are ${expected} bytes; got ${bytes.length} bytes`);
  if (type === 'bool' && bytes.some((byte) => byte > 1)) throw inputProblem(head, 'got a byte that is neither 0 nor 1');
  return { type, shape: head.shape, data: viewBytes(type, bytes) };
}

/** Each element has its length before it, in four bytes. */
function readElements(head: TensorHead, bytes: Buffer): Buffer[] {
  const count = countOf(head.shape);
  if (count > bytes.length / 4) throw inputProblem(head, `got ${bytes.length} bytes, too few for ${count} lengths`);
  const elements: Buffer[] = [];
  let offset = 0;
  for (let index = 0; index < count; index += 1) {
    const start = offset + 4;
    if (start > bytes.length) throw inputProblem(head, `got bytes that end before the length of element ${index}`);
    offset = start + bytes.readUInt32LE(offset);
    if (offset > bytes.length) throw inputProblem(head, `got bytes that end within element ${index}`);
    elements.push(bytes.subarray(start, offset));
  }
  if (offset === bytes.length) return elements;
  throw inputProblem(head, `got ${bytes.length - offset} bytes behind the last element`);
}

/** The bytes of a tensor; of a tensor of numbers, the very ones that it has. */
export function writeRaw({ data }: Tensor): Uint8Array {
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return writeElements(data.map((text) => Buffer.from(text)));
}

/** Elements of BYTES, each behind its length. */
export function writeElements(elements: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(element.byteLength);
      return [length, element];
    }),
  );
}
