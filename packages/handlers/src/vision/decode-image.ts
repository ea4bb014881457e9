/** Image file → pixels, with sharp, which decodes and resizes in threads of its own. */
import type { KernelEnum, Metadata, Sharp } from 'sharp';
import { PredictionError } from '../prediction-error.ts';
import { imageBytes, notAnImage } from './image-bytes.ts';

/** `grey` weighs colours as Pillow's mode L does (ITU-R 601). */
export type ImageChannels = 'rgb' | 'bgr' | 'grey';

export interface DecodeOptions {
  /** Size of the result in pixels; the image's own by default. */
  readonly width?: number;
  readonly height?: number;
  /**
   * How the image gets that size: `fill` (default) stretches it, `cover` cuts what stands over on two sides, `contain` adds
   * black bars, `crop` cuts the centre out without scaling (after `shortSide`).
   */
  readonly fit?: 'fill' | 'cover' | 'contain' | 'crop';
  /** Scale first so that the shorter side has this length. */
  readonly shortSide?: number;
  /** Default `rgb`; 3 is `rgb`, 1 is `grey`. */
  readonly channels?: ImageChannels | 1 | 3;
  /** How pixels are interpolated; `linear` by default, as in torchvision. */
  readonly filter?: keyof KernelEnum;
  /** Images of more pixels are refused; 100 million by default. */
  readonly maxPixels?: number;
}

/** Pixels row by row from the top left, the channels of a pixel side by side; one byte each. */
export interface DecodedImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1 or 3. */
  readonly channels: number;
}

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif'];

/**
 * Decodes an image as a client sends it: bytes, base64, a `data:` URL or `{"b64": …}`. It is turned upright by its EXIF
 * orientation; transparency is dropped; of an animation the first frame counts. Grey images keep their exact values.
 * @throws PredictionError 400 for what is not an image, or has too many pixels
 */
export async function decodeImage(value: unknown, options: DecodeOptions = {}): Promise<DecodedImage> {
  const bytes = imageBytes(value);
  const { default: sharp } = await import('sharp');
  // The cache serves repeated operations on one file, which a server does not have.
  sharp.cache(false);
  try {
    const image = sharp(bytes, { limitInputPixels: options.maxPixels ?? 100_000_000, failOn: 'error' });
    const metadata = await image.metadata();
    if (!FORMATS.includes(metadata.format)) throw notAnImage(`a file of the format ${metadata.format}`);
    return await toPixels(scale(image.autoOrient(), metadata, options), metadata, channelsOf(options));
  } catch (error) {
    throw error instanceof PredictionError ? error : decodeError(bytes, error as Error);
  }
}

function channelsOf({ channels = 'rgb' }: DecodeOptions): ImageChannels {
  if (channels === 1) return 'grey';
  return channels === 3 ? 'rgb' : channels;
}

function scale(image: Sharp, metadata: Metadata, options: DecodeOptions): Sharp {
  const { shortSide, fit = 'fill', filter: kernel = 'linear' } = options;
  const own = metadata.autoOrient;
  const factor = shortSide === undefined ? 1 : shortSide / Math.min(own.width, own.height);
  // Truncated, as torchvision does it.
  const size = { width: Math.trunc(own.width * factor), height: Math.trunc(own.height * factor) };
  const { width = size.width, height = size.height } = options;
  if (fit === 'crop') return crop(resize(image, size, kernel), size, { width, height });
  if (shortSide !== undefined) resize(image, size, kernel);
  return image.resize({ width, height, fit, kernel, background: '#000' });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function resize(image: Sharp, { width, height }: Size, kernel: keyof KernelEnum): Sharp {
  return image.resize({ width, height, fit: 'fill', kernel });
}

function crop(image: Sharp, from: Size, { width, height }: Size): Sharp {
  if (width > from.width || height > from.height) {
    const got = `${from.width}×${from.height}`;
    throw new PredictionError(`Expected an image of at least ${width}×${height} pixels; got ${got}`, 400);
  }
  const left = Math.round((from.width - width) / 2);
  const top = Math.round((from.height - height) / 2);
  return image.extract({ left, top, width, height });
}

async function toPixels(image: Sharp, metadata: Metadata, channels: ImageChannels): Promise<DecodedImage> {
  const isGrey = channels === 'grey' && metadata.channels <= 2;
  const raw = image
    .removeAlpha()
    .toColourspace(isGrey ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  if (channels === 'grey') return { data: isGrey ? data : luma(data), width, height, channels: 1 };
  return { data: channels === 'bgr' ? swapRedAndBlue(data) : data, width, height, channels: 3 };
}

/** Pillow's formula, in its own integer arithmetic. */
function luma(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = [rgb[pixel * 3], rgb[pixel * 3 + 1], rgb[pixel * 3 + 2]];
    grey[pixel] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return grey;
}

function swapRedAndBlue(rgb: Uint8Array): Uint8Array {
  for (let offset = 0; offset < rgb.length; offset += 3) {
    const red = rgb[offset] ?? 0;
    rgb[offset] = rgb[offset + 2] ?? 0;
    rgb[offset + 2] = red;
  }
  return rgb;
}

function decodeError(bytes: Uint8Array, error: Error): PredictionError {
  if (/exceeds pixel limit/i.test(error.message)) {
    return new PredictionError('The image has more pixels than are allowed (maxPixels)', 400);
  }
  return notAnImage(`${bytes.byteLength} bytes that do not decode (${error.message.split('\n')[0]})`);
}
