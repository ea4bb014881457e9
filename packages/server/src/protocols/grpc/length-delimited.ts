/** Fields of protobuf whose content is written already: it is put behind its length, and not copied. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** @param chunks a message, or bytes, in pieces */
export function lengthDelimited(field: number, chunks: readonly Uint8Array[]): Uint8Array[] {
  const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  return [new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish(), ...chunks];
}
