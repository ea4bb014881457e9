/**
 * Simple linear iterative clustering (Achanta et al., 2012) of the model's own channels in place of Lab, from a grid; parts are
 * not made to hang together.
 */
import type { Checkpoint } from '../run.ts';
import type { ExplainedImage } from './explained-image.ts';

/** Where it begins. */
export interface Grid {
  /** Of each pixel the part that it is in. */
  readonly segments: readonly number[];
  /** How many parts there are. */
  readonly count: number;
  /** Width of a part, in pixels. */
  readonly step: number;
}

const ROUNDS = 10;
/** What a step of a part's width weighs in comparison with the range of the image's colours. */
const COMPACTNESS = 0.2;

/** Of each pixel the part that it is in; some may have none. @throws as the checkpoint does */
export async function superpixels(image: ExplainedImage, grid: Grid, checkpoint: Checkpoint): Promise<number[]> {
  const { width, height } = image.axes;
  const features = featuresOf(image, COMPACTNESS / grid.step);
  let segments = [...grid.segments];
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = [...segments];
    const least = new Float64Array(next.length).fill(Infinity);
    const centres = centresOf(features, segments, grid.count);
    for (const [segment, centre] of centres.entries()) {
      await checkpoint();
      if (centre === undefined) continue;
      const area = around(centre, { width, height, step: grid.step });
      claim({ segment, centre, area, width }, features, { next, least });
    }
    if (next.every((segment, pixel) => segment === segments[pixel])) break;
    segments = next;
  }
  return segments;
}

/** Each of all pixels: the channels in comparison with their ranges, then across and down. */
type Features = readonly Float64Array[];

function featuresOf({ axes: { width }, planes }: ExplainedImage, scale: number): Features {
  const channels = planes.map((plane) => {
    let [low, high] = [Infinity, -Infinity];
    for (const value of plane) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const range = high > low ? high - low : 1;
    return Float64Array.from(plane, (value) => value / range);
  });
  const across = Float64Array.from(planes[0] ?? [], (_, pixel) => (pixel % width) * scale);
  const down = Float64Array.from(planes[0] ?? [], (_, pixel) => Math.floor(pixel / width) * scale);
  return [...channels, across, down];
}

/** The mean of each part; undefined for one without pixels. */
function centresOf(
  features: Features,
  segments: readonly number[],
  count: number,
): readonly (readonly number[] | undefined)[] {
  const pixels = new Float64Array(count);
  for (const segment of segments) pixels[segment] = (pixels[segment] ?? 0) + 1;
  const sums = features.map((feature) => {
    const ofSegments = new Float64Array(count);
    segments.forEach((segment, pixel) => (ofSegments[segment] = (ofSegments[segment] ?? 0) + (feature[pixel] ?? 0)));
    return ofSegments;
  });
  return Array.from(pixels, (own, segment) =>
    own === 0 ? undefined : sums.map((ofSegments) => (ofSegments[segment] ?? 0) / own),
  );
}

/** Pixels, the last ones included. */
interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Only pixels that are near enough in the picture. */
function around(
  centre: readonly number[],
  { width, height, step }: { readonly width: number; readonly height: number; readonly step: number },
): Area {
  const [x = 0, y = 0] = centre.slice(-2).map((scaled) => (scaled * step) / COMPACTNESS);
  return {
    left: Math.max(0, Math.ceil(x - 2 * step)),
    right: Math.min(width - 1, Math.floor(x + 2 * step)),
    top: Math.max(0, Math.ceil(y - 2 * step)),
    bottom: Math.min(height - 1, Math.floor(y + 2 * step)),
  };
}

interface Part {
  readonly segment: number;
  readonly centre: readonly number[];
  readonly area: Area;
  /** Of the image. */
  readonly width: number;
}

interface Claimed {
  readonly next: number[];
  /** Distance of each pixel from its part's centre. */
  readonly least: Float64Array;
}

/** Takes the pixels that are nearer than to the centres before. */
function claim({ segment, centre, area, width }: Part, features: Features, { next, least }: Claimed): void {
  for (let y = area.top; y <= area.bottom; y += 1) {
    for (let pixel = y * width + area.left; pixel <= y * width + area.right; pixel += 1) {
      let distance = 0;
      for (let index = 0; index < features.length; index += 1)
        distance += ((features[index]?.[pixel] ?? 0) - (centre[index] ?? 0)) ** 2;
      if (distance >= (least[pixel] ?? 0) || Number.isNaN(distance)) continue;
      least[pixel] = distance;
      next[pixel] = segment;
    }
  }
}
