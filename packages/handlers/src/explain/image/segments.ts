/** Parts of an image that are covered together. */
import type { ExplainedImage } from './explained-image.ts';

/** How an image is cut: into squares, or along its edges. */
export type Segmentation = 'grid' | 'slic';

/** Of each pixel the part that it is in, from 0. @param count about how many parts there are */
export function segmentsOf(image: ExplainedImage, kind: Segmentation, count: number): number[] {
  const { width, height } = image.axes;
  const columns = Math.max(1, Math.min(width, Math.round(Math.sqrt((count * width) / height))));
  const rows = Math.max(1, Math.min(height, Math.round(count / columns)));
  const grid = Array.from(
    { length: width * height },
    (_, pixel) =>
      Math.floor((Math.floor(pixel / width) * rows) / height) * columns +
      Math.floor(((pixel % width) * columns) / width),
  );
  return kind === 'grid' ? grid : numbered(slic(image, grid, Math.sqrt((width * height) / (rows * columns))));
}

const ROUNDS = 10;
/** What a step of a part's width weighs in comparison with the range of the image's colours. */
const COMPACTNESS = 0.2;

/**
 * Simple linear iterative clustering (Achanta et al., 2012) of the model's own channels in place of Lab, from a grid; parts are
 * not made to hang together.
 */
function slic({ axes: { width }, planes }: ExplainedImage, grid: readonly number[], step: number): number[] {
  const ranges = planes.map((plane) => {
    const [low, high] = plane.reduce(
      ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
      [Infinity, -Infinity],
    );
    return high > low ? high - low : 1;
  });
  const scale = COMPACTNESS / step;
  const featuresOf = (pixel: number): number[] => [
    ...planes.map((plane, channel) => (plane[pixel] ?? 0) / (ranges[channel] ?? 1)),
    (pixel % width) * scale,
    Math.floor(pixel / width) * scale,
  ];
  const features = grid.map((_, pixel) => featuresOf(pixel));
  let segments = [...grid];
  for (let round = 0; round < ROUNDS; round += 1) {
    const centres = centresOf(features, segments);
    const next = features.map((feature, pixel) =>
      nearest(feature, centres, { current: segments[pixel] ?? 0, reach: 2 * COMPACTNESS }),
    );
    if (next.every((segment, pixel) => segment === segments[pixel])) break;
    segments = next;
  }
  return segments;
}

function centresOf(features: readonly number[][], segments: readonly number[]): Map<number, number[]> {
  const centres = new Map<number, number[]>();
  const counts = new Map<number, number>();
  features.forEach((feature, pixel) => {
    const segment = segments[pixel] ?? 0;
    const sums = centres.get(segment);
    counts.set(segment, (counts.get(segment) ?? 0) + 1);
    if (sums === undefined) centres.set(segment, [...feature]);
    else feature.forEach((value, index) => (sums[index] = (sums[index] ?? 0) + value));
  });
  for (const [segment, sums] of centres)
    centres.set(
      segment,
      sums.map((sum) => sum / (counts.get(segment) ?? 1)),
    );
  return centres;
}

/** Only centres that are near enough in the picture. */
function nearest(
  feature: readonly number[],
  centres: ReadonlyMap<number, readonly number[]>,
  { current, reach }: { readonly current: number; readonly reach: number },
): number {
  const [x = 0, y = 0] = feature.slice(-2);
  let [best, least] = [current, Infinity];
  for (const [segment, centre] of centres) {
    const length = centre.length;
    if (Math.abs((centre[length - 2] ?? 0) - x) > reach || Math.abs((centre[length - 1] ?? 0) - y) > reach) continue;
    let distance = 0;
    for (let index = 0; index < length; index += 1) distance += ((centre[index] ?? 0) - (feature[index] ?? 0)) ** 2;
    if (distance < least) [best, least] = [segment, distance];
  }
  return best;
}

/** From 0, without gaps, in the order of their first pixels. */
function numbered(segments: readonly number[]): number[] {
  const numbers = new Map<number, number>();
  return segments.map((segment) => {
    const known = numbers.get(segment) ?? numbers.size;
    numbers.set(segment, known);
    return known;
  });
}
