/** Which pixels of a line make each pixel of the resampled line, and with which weights. */
import { KERNELS, type ResampleFilter } from './filters.ts';

/** A line of `from` pixels that is resampled to `to`, of which `count` from `start` on are wanted. */
export interface Axis {
  /** Length of the line that there is. */
  readonly from: number;
  /** Length of the line that it becomes. */
  readonly to: number;
  /** First pixel of the new line that is wanted. */
  readonly start: number;
  /** How many of them are wanted. */
  readonly count: number;
}

/** Pixels are weighted in pairs, since that is how the processor multiplies. */
export interface AxisWeights {
  /** For each wanted pixel: the first pixel that it is made of. */
  readonly first: Int32Array;
  /** For each wanted pixel: how many pairs it is made of, at least 1. The last of a pair may lie beyond the line, with weight 0. */
  readonly pairs: Int32Array;
  /** For each pair: the weights' upper bits of both, then the lower {@link LOW_BITS} bits of both. */
  readonly weights: Int16Array;
}

/** Weights are whole numbers with this many binary places, as Pillow's are. */
const WEIGHT_BITS = 22;
/** A weight is cut in two, since 16-bit factors are multiplied in pairs. */
const LOW_BITS = 11;

/** The weights that Pillow's `Image.resize` takes for the line. */
export function axisWeights(axis: Axis, filter: ResampleFilter): AxisWeights {
  if (axis.from === axis.to) return singlePixels(axis, (index) => index);
  return filter === 'nearest' ? nearest(axis) : filtered(axis, filter);
}

function nearest(axis: Axis): AxisWeights {
  const scale = axis.from / axis.to;
  const positions: number[] = [];
  // Pillow adds up; a product would be rounded otherwise, and give the neighbour where a position is a whole number.
  let position = scale * 0.5;
  for (let index = 0; index < axis.start + axis.count; index += 1, position += scale) {
    if (index >= axis.start) positions.push(position);
  }
  return singlePixels(axis, (index) => Math.min(Math.trunc(positions[index - axis.start] ?? 0), axis.from - 1));
}

function singlePixels({ start, count }: Axis, sourceOf: (index: number) => number): AxisWeights {
  const first = Int32Array.from({ length: count }, (_, index) => sourceOf(start + index));
  const weights = Int16Array.from({ length: count * 4 }, (_, index) =>
    index % 4 === 0 ? 1 << (WEIGHT_BITS - LOW_BITS) : 0,
  );
  return { first, pairs: new Int32Array(count).fill(1), weights };
}

function filtered(axis: Axis, filter: Exclude<ResampleFilter, 'nearest'>): AxisWeights {
  const { from, to, start, count } = axis;
  const kernel = KERNELS[filter];
  const scale = from / to;
  // A kernel is widened for making smaller, and never made narrower than a pixel.
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const [first, pairs, weights] = [new Int32Array(count), new Int32Array(count), [] as number[]];
  for (let index = 0; index < count; index += 1) {
    const center = (start + index + 0.5) * scale;
    const begin = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), from);
    const own: number[] = [];
    for (let pixel = begin; pixel < end; pixel += 1) own.push(kernel.weight((pixel - center + 0.5) * (1 / stretch)));
    first[index] = begin;
    pairs[index] = Math.ceil(own.length / 2);
    pushPairs(weights, toFixedPoint(own));
  }
  return { first, pairs, weights: Int16Array.from(weights) };
}

function toFixedPoint(weights: readonly number[]): number[] {
  const sum = weights.reduce((left, right) => left + right, 0);
  return weights.map((weight) => {
    const scaled = (sum === 0 ? weight : weight / sum) * (1 << WEIGHT_BITS);
    return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  });
}

function pushPairs(target: number[], weights: readonly number[]): void {
  const mask = (1 << LOW_BITS) - 1;
  for (let index = 0; index < weights.length; index += 2) {
    const [one = 0, other = 0] = weights.slice(index, index + 2);
    target.push(one >> LOW_BITS, other >> LOW_BITS, one & mask, other & mask);
  }
}
