/** The assembled passes of a resampling, and their memory. */
import { KERNELS_MODULE } from './kernels-module.ts';

/** What `kernels.wat` exports, and says more about; all numbers are addresses in its memory, or counts. */
export interface Kernels {
  /** Holds what the passes read and write. */
  readonly memory: Memory;
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

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

// Node's types do not have it, and those of browsers would bring all of theirs.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const PAGE = 65_536;
/** Memory never shrinks: what an unusually large image needed is given back with its instance. */
const KEPT_BYTES = 64 * 1024 * 1024;

let module: object | undefined;
let kept: Kernels | undefined;

/** The kernels with at least that much memory, whose contents are undefined. They are used and left in one go. */
export function kernelsWith(bytes: number): Kernels {
  const kernels = kept ?? instantiate();
  kept = bytes > KEPT_BYTES ? undefined : kernels;
  const missing = bytes - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / PAGE));
  return kernels;
}

function instantiate(): Kernels {
  module ??= new WebAssembly.Module(Buffer.from(KERNELS_MODULE, 'base64'));
  return new WebAssembly.Instance(module).exports as Kernels;
}
