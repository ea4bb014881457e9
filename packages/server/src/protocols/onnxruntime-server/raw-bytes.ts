/** The bytes of a tensor of numbers. */
import type { Tensor } from '@marserve/handlers';

/** The very ones that it has: little-endian, the last axis running fastest. @throws RangeError for texts */
export function rawBytes({ data }: Tensor): Uint8Array {
  if (Array.isArray(data)) throw new RangeError('texts have no raw bytes');
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
