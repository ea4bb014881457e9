/** Tensors ↔ bytes as protocols have them: little-endian, row-major; elements of BYTES each behind their length. */
import { assertTensor, bytesOf, elementCount, elementSize, viewBytes, type Tensor, type TensorType } from './tensor.ts';

/** What is said of a tensor beside its bytes. */
export interface TensorHead {
  /** Type of the elements; `string` for BYTES. */
  readonly type: TensorType;
  /** Sizes of the axes. */
  readonly shape: readonly number[];
}

/** The bytes of a tensor; of numbers the very ones that it has. @throws RangeError for a tensor that is none */
export function writeBytes(tensor: Tensor): Uint8Array {
  assertTensor(tensor);
  const { data } = tensor;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return withLengths(bytesOf(tensor));
}

/**
 * A view on the bytes where they are aligned. Elements of BYTES become texts when all of them are UTF-8, else bytes.
 * @throws RangeError for bytes that are no such tensor
 */
export function readBytes({ type, shape }: TensorHead, bytes: Uint8Array): Tensor {
  const count = elementCount(shape);
  if (type === 'string' || type === 'bytes') return textsOrBytes(shape, readElements(bytes, count));
  const expected = count * elementSize(type);
  if (bytes.byteLength === expected) return { type, shape, data: viewBytes(type, bytes) };
  throw new RangeError(`expected ${expected} bytes for ${type} [${shape.join(', ')}], got ${bytes.byteLength}`);
}

/** Texts when all elements are UTF-8. */
export function textsOrBytes(shape: readonly number[], elements: readonly Uint8Array[]): Tensor {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return { type: 'string', shape, data: elements.map((element) => decoder.decode(element)) };
  } catch {
    return { type: 'bytes', shape, data: elements };
  }
}

/** Pieces behind one another. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.byteLength;
  }
  return joined;
}

const LENGTH_BYTES = 4;

function withLengths(elements: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    elements.flatMap((element) => {
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, element.byteLength, true);
      return [length, element];
    }),
  );
}

function readElements(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.byteLength) {
    const start = offset + LENGTH_BYTES;
    offset = start > bytes.byteLength ? Infinity : start + view.getUint32(offset, true);
    if (offset > bytes.byteLength) throw new RangeError(`the bytes end within element ${elements.length} of BYTES`);
    elements.push(bytes.subarray(start, offset));
  }
  if (elements.length === count) return elements;
  throw new RangeError(`expected ${count} elements of BYTES, got ${elements.length}`);
}
