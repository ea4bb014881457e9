/** Parts of an image that are covered together. */
import type { Checkpoint } from '../run.ts';
import type { ExplainedImage } from './explained-image.ts';
import { superpixels } from './superpixels.ts';

/** How an image is cut: into squares, or along its edges. */
export type Segmentation = 'grid' | 'slic';

/** What is wanted. */
export interface Cut {
  /** How it is cut. */
  readonly kind: Segmentation;
  /** About how many parts there are. */
  readonly count: number;
}

/** Of each pixel the part that it is in, from 0. @throws as the checkpoint does */
export async function segmentsOf(
  image: ExplainedImage,
  { kind, count }: Cut,
  checkpoint: Checkpoint,
): Promise<number[]> {
  const { width, height } = image.axes;
  const columns = Math.max(1, Math.min(width, Math.round(Math.sqrt((count * width) / height))));
  const rows = Math.max(1, Math.min(height, Math.round(count / columns)));
  const grid = Array.from(
    { length: width * height },
    (_, pixel) =>
      Math.floor((Math.floor(pixel / width) * rows) / height) * columns +
      Math.floor(((pixel % width) * columns) / width),
  );
  if (kind === 'grid') return grid;
  const step = Math.sqrt((width * height) / (rows * columns));
  return numbered(await superpixels(image, { segments: grid, count: rows * columns, step }, checkpoint));
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
