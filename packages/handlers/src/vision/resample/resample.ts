/** Pillow's `Image.resize`, to the bit. Only what the wanted region depends on is computed. */
import type { DecodedImage } from '../pixels.ts';
import { axisWeights } from './axis-weights.ts';
import type { ResampleFilter } from './filters.ts';
import { columnsFirst, rowsFirst } from './passes.ts';

/** What the image becomes. */
export interface ResampleOptions {
  /** Width of the whole image after resampling, in pixels. */
  readonly width: number;
  /** Height of the whole image after resampling, in pixels. */
  readonly height: number;
  /** How pixels are interpolated. */
  readonly filter: ResampleFilter;
  /** The part of the resampled image that is wanted; all of it by default. */
  readonly region?: Region;
}

/** A rectangle of pixels. */
export interface Region {
  /** Distance from the image's left edge. */
  readonly left: number;
  /** Distance from the image's upper edge. */
  readonly top: number;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** Resamples an image of 1 to 4 channels. One that has the wanted size already comes back as it is. */
export function resample(image: DecodedImage, options: ResampleOptions): DecodedImage {
  const { width, height, filter } = options;
  const region = options.region ?? { left: 0, top: 0, width, height };
  if (isSameSize(image, options) && isSameSize(image, region)) return image;
  const columns = axisWeights({ from: image.width, to: width, start: region.left, count: region.width }, filter);
  const rows = axisWeights({ from: image.height, to: height, start: region.top, count: region.height }, filter);
  const passes = startsWithRows(image, options) ? rowsFirst : columnsFirst;
  return {
    data: passes(image, columns, rows),
    width: region.width,
    height: region.height,
    channels: image.channels,
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function isSameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

/** Whether Pillow (13 or newer) makes the rows first. The order decides how both passes round. */
function startsWithRows(from: Size, to: Size): boolean {
  return from.height > to.height && from.height - to.height > 2 * (from.width - to.width);
}
