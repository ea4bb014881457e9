/** A tensor's elements as plain values. */
import { fromFloat16Bits } from '../tensor/float16.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Numbers, bigint for integers beyond 2^53; booleans; texts. */
export function elementsOf({ type, data }: Tensor): readonly unknown[] {
  if (Array.isArray(data)) return data;
  if (type === 'float16') return Array.from(fromFloat16Bits(data as Uint16Array));
  if (type === 'bool') return Array.from(data as Uint8Array, (value) => value !== 0);
  return Array.from(data as ArrayLike<number | bigint>, plain);
}

function plain(value: number | bigint): number | bigint {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
