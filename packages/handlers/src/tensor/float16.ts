/** Half-precision floats as their raw bits: Node 20 has no Float16Array. In bulk, which is what the library is fast at. */
import { Float16Array } from '@petamoriken/float16';

/** The bits of the nearest float16 of each number. */
export function toFloat16Bits(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** The numbers that the bits stand for, without loss. */
export function fromFloat16Bits(bits: Uint16Array): number[] {
  return Array.from(new Float16Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length));
}
