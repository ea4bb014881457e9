/** Half-precision floats as their bits, which is how tensors of float16 hold them. */
import { Float16Array } from '@petamoriken/float16';

/** The bits of the nearest float16 of each number. */
export function toHalf(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** The numbers that the bits stand for, without loss. */
export function fromHalf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(new Float16Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length));
}
