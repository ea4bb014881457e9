/** Whether two ways of running a row through a model came to the same. */
import { fromFloat16Bits } from '../float16.ts';
import type { NamedTensors, Tensor, TensorData } from '../tensor.ts';

/** Floats may differ by what another order of additions makes of them: a share of the largest value. */
const TOLERANCE = 0.01;

export function isSameOutput(a: NamedTensors, b: NamedTensors): boolean {
  return Object.entries(a).every(([name, tensor]) => {
    const other = b[name];
    return other?.type === tensor.type && other.shape.join() === tensor.shape.join() && isSameData(tensor, other);
  });
}

function isSameData(a: Tensor, b: Tensor): boolean {
  if (a.type.startsWith('float')) return areClose(floats(a), floats(b));
  for (let index = 0; index < a.data.length; index += 1) if (a.data[index] !== b.data[index]) return false;
  return true;
}

type Floats = ArrayLike<number>;

function floats({ type, data }: Tensor): Floats {
  return type === 'float16' ? fromFloat16Bits(data as Uint16Array) : (data as Exclude<TensorData, string[]> as Floats);
}

function areClose(a: Floats, b: Floats): boolean {
  const tolerance = TOLERANCE * largestOf(a);
  for (let index = 0; index < a.length; index += 1) {
    const [left, right] = [a[index] as number, b[index] as number];
    // The same infinity, or both not a number.
    if (!Object.is(left, right) && !(Math.abs(left - right) <= tolerance)) return false;
  }
  return true;
}

function largestOf(values: Floats): number {
  let largest = 0;
  for (let index = 0; index < values.length; index += 1) {
    const size = Math.abs(values[index] as number);
    if (size > largest && size < Infinity) largest = size;
  }
  return largest;
}
