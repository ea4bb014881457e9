/** Assembled code (`*.wat`) with memory of its own, which grows as it is needed. */

/** What every module exports. */
export interface WasmKernels {
  /** What it reads and writes. */
  readonly memory: WasmMemory;
}

/** Linear memory; its buffer is another one after it has grown. */
export interface WasmMemory {
  /** All of it. */
  readonly buffer: ArrayBuffer;
  /** By so many pages of 64 KB. @throws RangeError where there are none */
  grow(pages: number): number;
}

// Node's types do not have it, and those of browsers would bring all of theirs.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const PAGE = 65_536;
/** Memory never shrinks: what an unusually large input needed is given back with its instance. */
const KEPT_BYTES = 64 * 1024 * 1024;

/** How an instance comes to be. */
export interface KernelSource<Kernels extends WasmKernels> {
  /** The module's bytes as base64. */
  readonly module: string;
  /** What it imports, by module and name. */
  readonly imports?: object;
  /** Writes what has to be in the memory of a new one. */
  readonly prepare?: (kernels: Kernels) => void;
}

/**
 * @returns gives the kernels with at least that much memory, whose contents are undefined but for what `prepare` wrote; they
 * are used and left in one go. Nothing is compiled before the first call.
 */
export function lazyKernels<Kernels extends WasmKernels>(source: KernelSource<Kernels>): (bytes: number) => Kernels {
  let module: object | undefined;
  let kept: Kernels | undefined;
  function instantiate(): Kernels {
    module ??= new WebAssembly.Module(Buffer.from(source.module, 'base64'));
    const kernels = new WebAssembly.Instance(module, source.imports ?? {}).exports as Kernels;
    source.prepare?.(kernels);
    return kernels;
  }
  return (bytes) => {
    const kernels = kept ?? instantiate();
    kept = bytes > KEPT_BYTES ? undefined : kernels;
    const missing = bytes - kernels.memory.buffer.byteLength;
    if (missing > 0) kernels.memory.grow(Math.ceil(missing / PAGE));
    return kernels;
  };
}
