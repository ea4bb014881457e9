/** Image file → pixels of the wanted size, bit by bit what Pillow and torchvision's `Resize` and `CenterCrop` give. */
import { PredictionError } from '../prediction-error.ts';
import { inChannels, type ImageChannels } from './channels.ts';
import { decodePixels, type ImageColour, type ImageOrientation } from './decode-pixels.ts';
import { imageBytes, notAnImage } from './image-bytes.ts';
import { isImageKind, kindOf, type ImageKind } from './image-kind.ts';
import { imageScaling, type ImageSize, type ScalingOptions } from './image-scaling.ts';
import { isTooLarge, withinMemory } from './large-images.ts';
import type { DecodedImage } from './pixels.ts';
import type { ResampleFilter } from './resample/filters.ts';
import { resample } from './resample/resample.ts';

export type { ImageChannels } from './channels.ts';
export type { DecodedImage } from './pixels.ts';

/** What the pixels are to be. */
export interface DecodeOptions extends ScalingOptions {
  /** Default `rgb`; 3 is `rgb`, 1 is `grey`. */
  readonly channels?: ImageChannels | 1 | 3;
  /** How pixels are interpolated, as Pillow does it; `bilinear` by default, as in torchvision. */
  readonly filter?: ResampleFilter;
  /** Default `plain`: profiles are ignored, as by Pillow. */
  readonly colour?: ImageColour;
  /** Default `upright`. */
  readonly orientation?: ImageOrientation;
  /** Images of more pixels are refused; 100 million by default. */
  readonly maxPixels?: number;
}

/**
 * Decodes an image as a client sends it: bytes, base64, a `data:` URL or `{"b64": …}`. Transparency is dropped, and colours
 * under it stay as they are; of an animation the first frame counts. Grey images keep their exact values.
 * @throws PredictionError 400 for what is not an image, or has too many pixels
 */
export async function decodeImage(value: unknown, options: DecodeOptions = {}): Promise<DecodedImage> {
  const bytes = imageBytes(value);
  const kind = kindOf(bytes);
  if (!isImageKind(kind))
    throw notAnImage(kind === undefined ? `${bytes.byteLength} bytes of another kind` : `a file of the format ${kind}`);
  try {
    return await withinMemory(options.maxPixels ?? 100_000_000, async (maxPixels) => {
      const { colour = 'plain', orientation = 'upright' } = options;
      const image = await decodePixels(bytes, kind, { colour, orientation, maxPixels });
      return scale(inChannels(image, options.channels), options);
    });
  } catch (error) {
    throw error instanceof PredictionError ? error : decodeError(bytes, kind, error as Error);
  }
}

function scale(image: DecodedImage, options: DecodeOptions): DecodedImage {
  const { scaled, region, canvas } = imageScaling(image, options);
  return onto(canvas, resample(image, { ...scaled, region, filter: options.filter ?? 'bilinear' }));
}

/** Lays an image on the middle of a black one. */
function onto({ width, height }: ImageSize, image: DecodedImage): DecodedImage {
  if (image.width === width && image.height === height) return image;
  const { channels, data } = image;
  const canvas = new Uint8Array(width * height * channels);
  const [left, top] = [Math.floor((width - image.width) / 2), Math.floor((height - image.height) / 2)];
  const stride = image.width * channels;
  for (let row = 0; row < image.height; row += 1) {
    canvas.set(data.subarray(row * stride, (row + 1) * stride), ((top + row) * width + left) * channels);
  }
  return { data: canvas, width, height, channels };
}

function decodeError(bytes: Uint8Array, kind: ImageKind, error: Error): PredictionError {
  if (isTooLarge(error)) return new PredictionError('The image has more pixels than are allowed (maxPixels)', 400);
  return notAnImage(`a ${kind} file of ${bytes.byteLength} bytes that do not decode (${error.message.split('\n')[0]})`);
}
