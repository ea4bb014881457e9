/** The bytes of a faiss index with one vector, of zeros, as faiss writes an `IndexFlatL2`. */
export function flatIndex(dimension: number): Buffer {
  const header = Buffer.alloc(4 + 4 + 8 + 8 + 8 + 1 + 4 + 8);
  header.write('IxF2');
  header.writeInt32LE(dimension, 4);
  header.writeBigInt64LE(1n, 8);
  // Two fields that faiss keeps for later.
  header.writeBigInt64LE(1n << 20n, 16);
  header.writeBigInt64LE(1n << 20n, 24);
  header.writeUInt8(1, 32);
  // The metric: L2.
  header.writeInt32LE(1, 33);
  header.writeBigInt64LE(BigInt(dimension), 37);
  return Buffer.concat([header, Buffer.alloc(4 * dimension)]);
}
