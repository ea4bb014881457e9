/** The elements of a tensor as plain numbers. */
import { fromFloat16Bits } from './float16.ts';
import type { Tensor } from './tensor.ts';

/** Row-major, float16 decoded, 64-bit integers rounded. @throws TypeError for strings and for no tensor */
export function floatValues(tensor: Tensor | undefined): number[] {
  if (tensor === undefined || tensor.type === 'string') {
    throw new TypeError(`expected a tensor of numbers, got ${tensor === undefined ? 'none' : 'strings'}`);
  }
  if (tensor.type === 'float16') return fromFloat16Bits(tensor.data as Uint16Array);
  const values: number[] = [];
  for (let index = 0; index < tensor.data.length; index += 1) values.push(Number(tensor.data[index]));
  return values;
}
