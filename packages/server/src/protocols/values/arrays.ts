/** The arrays of bytes and numbers that values may have in them, by a number for each kind. */

/** Buffers come first: they are arrays of the next kind as well. */
const KINDS = [
  Buffer,
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
] as const;

/** The number of an array's kind; of any other view on memory that of bytes. */
export function kindOfArray(array: ArrayBufferView): number {
  return Math.max(
    0,
    KINDS.findIndex((kind) => array instanceof kind),
  );
}

/** An array on the bytes; copies them only where they are not aligned. @throws Error for bytes that are no such array */
export function arrayOfKind(kind: number, bytes: Buffer): ArrayBufferView {
  const type = KINDS[kind];
  if (type === undefined) throw new Error(`an array of unknown kind ${kind}`);
  if (type === Buffer) return bytes;
  const { BYTES_PER_ELEMENT: width } = type as typeof Uint8Array;
  if (bytes.byteLength % width !== 0) throw new Error(`an array of ${bytes.byteLength} bytes, ${width} each`);
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new (type as typeof Uint8Array)(aligned.buffer, aligned.byteOffset, bytes.byteLength / width);
}
