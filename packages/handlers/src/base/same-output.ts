/** Whether two ways of running a row through a model came to the same. */
import { fromFloat16Bits } from '../tensor/float16.ts';
import type { NamedTensors, Tensor, TensorData, TensorType } from '../tensor/tensor.ts';

/**
 * What another order of additions makes of floats of 24 (or 11) bits: of an element a share of itself, and of the largest
 * one, from which it may have come by a subtraction.
 */
const TOLERANCES: Partial<Record<TensorType, Tolerance>> = {
  float16: { relative: 4e-3, ofLargest: 1e-3 },
};
const FLOAT32: Tolerance = { relative: 1e-5, ofLargest: 1e-6 };

interface Tolerance {
  readonly relative: number;
  readonly ofLargest: number;
}

/** Integers, bools and strings must be equal; floats but for the rounding of sums. */
export function isSameOutput(a: NamedTensors, b: NamedTensors): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isSameTensor(a[name] as Tensor, b[name]));
}

function isSameTensor(a: Tensor, b: Tensor | undefined): boolean {
  if (b?.type !== a.type || b.shape.join() !== a.shape.join()) return false;
  if (a.type.startsWith('float')) return areClose(floats(a), floats(b), TOLERANCES[a.type] ?? FLOAT32);
  for (let index = 0; index < a.data.length; index += 1) if (a.data[index] !== b.data[index]) return false;
  return true;
}

type Floats = ArrayLike<number>;

function floats({ type, data }: Tensor): Floats {
  return type === 'float16' ? fromFloat16Bits(data as Uint16Array) : (data as Exclude<TensorData, string[]> as Floats);
}

function areClose(a: Floats, b: Floats, { relative, ofLargest }: Tolerance): boolean {
  const least = ofLargest * largestOf(a);
  for (let index = 0; index < a.length; index += 1) {
    const [left, right] = [a[index] as number, b[index] as number];
    // The same infinity, or both not a number.
    if (
      !Object.is(left, right) &&
      !(Math.abs(left - right) <= least + relative * Math.min(Math.abs(left), Math.abs(right)))
    )
      return false;
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
