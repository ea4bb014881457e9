/** The assembled reader of numbers, with a text in its memory. */
import { lazyKernels, type WasmKernels } from '../wasm-kernels.ts';
import { NUMBER_KERNEL_MODULE } from './number-kernel-module.ts';

/** A list that was read. */
export interface FloatList {
  /** In row-major order. */
  readonly data: Float32Array;
  /** Sizes of the lists, from the outermost on; none is 0. */
  readonly shape: readonly number[];
  /** Place behind it in the text. */
  readonly end: number;
}

/** Reads the list of plain numbers, nested or not, that begins at a place; undefined where there is none. */
export type ReadFloats = (start: number) => FloatList | undefined;

/** What `number-kernel.wat` exports, and says more about. */
interface NumberKernel extends WasmKernels {
  readonly read: (at: number, target: number) => number;
  readonly count: { readonly value: number };
  readonly rank: { readonly value: number };
}

const [POWERS, INTEGER_POWERS, TEXT] = [128, 384, 512];
/** Longer texts need more memory than may be kept: with their numbers, three times their length. */
const MOST_TEXT = 16 * 1024 * 1024;

let current: NumberKernel | undefined;

const kernelWith = lazyKernels<NumberKernel>({
  module: NUMBER_KERNEL_MODULE,
  imports: { numbers: { valueOf } },
  prepare({ memory: { buffer } }) {
    new Float64Array(buffer, POWERS, 23).set(Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`)));
    new BigUint64Array(buffer, INTEGER_POWERS, 9).set(Array.from({ length: 9 }, (_, power) => 10n ** BigInt(power)));
  },
});

/** To be used before the next text is read; undefined for one that is too long. */
export function floatReader(text: Uint8Array): ReadFloats | undefined {
  const { length } = text;
  if (length > MOST_TEXT) return undefined;
  // Behind the text comes a NUL, and up to eight bytes are looked at from each place on; numbers have two bytes at least.
  const target = (TEXT + length + 16) & ~7;
  const kernel = (current = kernelWith(target + 2 * length));
  const { buffer } = kernel.memory;
  const bytes = new Uint8Array(buffer, TEXT, length + 1);
  bytes.set(text);
  bytes[length] = 0;
  return (start) => {
    const end = kernel.read(TEXT + start, target);
    if (end === 0) return undefined;
    const data = new Float32Array(kernel.count.value);
    data.set(new Float32Array(buffer, target, data.length));
    return { data, shape: Array.from(new Uint32Array(buffer, 0, kernel.rank.value)), end: end - TEXT };
  };
}

/** For the few numbers of which the kernel is not sure. */
function valueOf(begin: number, end: number): number {
  return Number(Buffer.from((current as NumberKernel).memory.buffer, begin, end - begin).toString('latin1'));
}
