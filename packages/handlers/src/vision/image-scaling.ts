/** How large an image becomes, and which part of it is wanted; in the arithmetic of torchvision's transforms. */
import { PredictionError } from '../prediction-error.ts';
import type { Region } from './resample/resample.ts';

/** In pixels. */
export interface ImageSize {
  /** From left to right. */
  readonly width: number;
  /** From top to bottom. */
  readonly height: number;
}

/** What size an image is to get, and how. */
export interface ScalingOptions {
  /** Size of the result in pixels; the image's own by default. */
  readonly width?: number;
  /** As `width`. */
  readonly height?: number;
  /**
   * How the image gets that size: `fill` (default) stretches it, `cover` cuts what stands over on two sides, `contain` adds
   * black bars, `crop` cuts the centre out without scaling (after `shortSide`).
   */
  readonly fit?: 'fill' | 'cover' | 'contain' | 'crop';
  /** Scale first so that the shorter side has this length, as torchvision's `Resize` does it. */
  readonly shortSide?: number;
}

/** The steps of a scaling. */
export interface Scaling {
  /** Size of the whole image after scaling. */
  readonly scaled: ImageSize;
  /** The part of the scaled image that is wanted. */
  readonly region: Region;
  /** Size of the result, of which the region is the middle and black the rest. */
  readonly canvas: ImageSize;
}

/** Beyond it, positions along a side are no longer exact. */
const LONGEST_SIDE = 2 ** 24;

/** @throws PredictionError 400 for an image that is smaller than the part to be cut out, or too long for its width */
export function imageScaling(own: ImageSize, options: ScalingOptions): Scaling {
  const { shortSide, fit = 'fill' } = options;
  const size = shortSide === undefined ? own : resizedTo(shortSide, own);
  const canvas = { width: options.width ?? size.width, height: options.height ?? size.height };
  const scaled = { fill: canvas, crop: size, cover: covering(canvas, size), contain: within(canvas, size) }[fit];
  if (fit === 'crop') checkLargeEnough(scaled, canvas);
  if (Math.max(scaled.width, scaled.height) > LONGEST_SIDE) {
    throw new PredictionError(`Expected an image that is less long and narrow; got ${text(own)} pixels`, 400);
  }
  return { scaled, region: centre(scaled, canvas), canvas };
}

function resizedTo(shortSide: number, { width, height }: ImageSize): ImageSize {
  const longSide = Math.trunc((shortSide * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: shortSide, height: longSide } : { width: longSide, height: shortSide };
}

function covering(canvas: ImageSize, { width, height }: ImageSize): ImageSize {
  return canvas.width * height >= canvas.height * width
    ? { width: canvas.width, height: Math.max(canvas.height, Math.round((height * canvas.width) / width)) }
    : { width: Math.max(canvas.width, Math.round((width * canvas.height) / height)), height: canvas.height };
}

function within(canvas: ImageSize, { width, height }: ImageSize): ImageSize {
  return canvas.width * height <= canvas.height * width
    ? { width: canvas.width, height: Math.max(1, Math.round((height * canvas.width) / width)) }
    : { width: Math.max(1, Math.round((width * canvas.height) / height)), height: canvas.height };
}

function checkLargeEnough(got: ImageSize, expected: ImageSize): void {
  if (got.width >= expected.width && got.height >= expected.height) return;
  throw new PredictionError(`Expected an image of at least ${text(expected)} pixels; got ${text(got)}`, 400);
}

function text({ width, height }: ImageSize): string {
  return `${width}×${height}`;
}

function centre(from: ImageSize, canvas: ImageSize): Region {
  const [width, height] = [Math.min(from.width, canvas.width), Math.min(from.height, canvas.height)];
  return { left: halfToEven(from.width - width), top: halfToEven(from.height - height), width, height };
}

/** Half of a whole number, rounded as Python does it. */
function halfToEven(value: number): number {
  const lower = Math.floor(value / 2);
  return value % 2 === 1 && lower % 2 === 1 ? lower + 1 : lower;
}
