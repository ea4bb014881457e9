/** Bytes as base64, by Node's own way: gRPC is of Node alone, and this is the quicker one. */

/** With padding. */
export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
