/** The kernels of resampling filters, written as Pillow computes them, so that weights agree to the last bit. */

interface Kernel {
  /** The kernel is 0 beyond this distance from its centre, in pixels. */
  readonly support: number;
  readonly weight: (distance: number) => number;
}

const bilinear: Kernel = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };
const bicubic: Kernel = { support: 2, weight: (x) => cubic(Math.abs(x)) };
const lanczos3: Kernel = { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) };

/** Pillow's filters by its names for them, and those of sharp. `nearest` has no kernel. */
export const KERNELS = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear,
  linear: bilinear,
  hamming: { support: 1, weight: (x) => hamming(Math.abs(x)) },
  bicubic,
  cubic: bicubic,
  mitchell: { support: 2, weight: (x) => mitchell(Math.abs(x)) },
  lanczos2: { support: 2, weight: (x) => (x >= -2 && x < 2 ? sinc(x) * sinc(x / 2) : 0) },
  lanczos3,
  lanczos: lanczos3,
} as const satisfies Record<string, Kernel>;

/** `bilinear` is also called `linear`, `bicubic` `cubic`, `lanczos` `lanczos3`. */
export type ResampleFilter = 'nearest' | keyof typeof KERNELS;

/** All names of filters. */
export const RESAMPLE_FILTERS = ['nearest', ...(Object.keys(KERNELS) as (keyof typeof KERNELS)[])] as const;

function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

function mitchell(x: number): number {
  if (x < 1) return ((7 * x - 12) * x * x + 16 / 3) / 6;
  return x < 2 ? (((-7 / 3) * x + 12) * x * x - 20 * x + 32 / 3) / 6 : 0;
}

function hamming(x: number): number {
  if (x === 0) return 1;
  if (x >= 1) return 0;
  // Pillow's constants are single floats.
  return (Math.sin(x * Math.PI) / (x * Math.PI)) * (Math.fround(0.54) + Math.fround(0.46) * Math.cos(x * Math.PI));
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
