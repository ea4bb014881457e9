/** The assembled passes of a resampling, and their memory. */
import { lazyKernels, type WasmKernels } from '../../wasm-kernels.ts';
import { KERNELS_MODULE } from './kernels-module.ts';

/** What `kernels.wat` exports, and says more about; all numbers are addresses in its memory, or counts. */
export interface Kernels extends WasmKernels {
  /** Makes the columns of one line. */
  readonly horizontal: (
    ...parameters: [
      source: number,
      spans: number,
      weights: number,
      shuffle: number,
      channels: number,
      target: number,
      end: number,
    ]
  ) => void;
  /** Makes one line of several. */
  readonly vertical: (
    ...parameters: [source: number, stride: number, pairs: number, weights: number, target: number, end: number]
  ) => void;
}

/** The kernels with at least that much memory, whose contents are undefined. They are used and left in one go. */
export const kernelsWith = lazyKernels<Kernels>({ module: KERNELS_MODULE });
