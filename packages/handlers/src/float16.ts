/** Half-precision floats as their raw bits: Node 20 has no Float16Array. */
import { getFloat16, setFloat16 } from '@petamoriken/float16';

const cell = new DataView(new ArrayBuffer(2));

/** The bits of the nearest float16. */
export function toFloat16Bits(value: number): number {
  setFloat16(cell, 0, value);
  return cell.getUint16(0);
}

export function fromFloat16Bits(bits: number): number {
  cell.setUint16(0, bits);
  return getFloat16(cell, 0);
}
