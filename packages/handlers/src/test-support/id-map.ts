/** Bytes of a faiss index that wraps another: what IndexIDMap writes around it. */

/** Fourcc, dimension, number of vectors, two that mean nothing, whether it is trained, metric. */
const HEADER = 37;

/** @param index the file of an index with as many vectors as there are ids */
export function withIdMap(index: Buffer, ids: readonly bigint[], kind = 'IxMp'): Buffer {
  const header = Buffer.from(index.subarray(0, HEADER));
  header.write(kind, 'latin1');
  return Buffer.concat([header, index, int64(BigInt(ids.length)), ...ids.map(int64)]);
}

/** As faiss writes it. */
export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}
