/** Image file → pixels of three colours, as Pillow's `Image.open(file).convert('RGB')` gives them; sharp decodes, in threads of its own. */
import type { Sharp } from 'sharp';
import type { ImageKind } from './image-kind.ts';
import type { DecodedImage } from './pixels.ts';
import { paintAround, readGifFrame, withoutTransparency } from './gif-frame.ts';

/** How a file is read. */
export interface PixelOptions {
  /** Whether colour profiles count. */
  readonly colour: ImageColour;
  /** Whether the EXIF orientation counts. */
  readonly orientation: ImageOrientation;
  /** An image of more pixels is refused before it is decoded. */
  readonly maxPixels: number;
}

/**
 * `plain` takes the numbers in the file for sRGB, as Pillow does, and CMYK for ideal inks; `managed` converts them by the
 * embedded profile, and CMYK without one by a common profile.
 */
export type ImageColour = 'plain' | 'managed';

/** `upright` turns an image as its EXIF orientation says; `stored` leaves it as it is in the file, but for TIFF, as Pillow does. */
export type ImageOrientation = 'upright' | 'stored';

/**
 * Transparency is dropped, and colours under it stay as they are; of an animation the first frame counts.
 * @throws Error when the bytes do not decode, or have too many pixels
 */
export async function decodePixels(bytes: Uint8Array, kind: ImageKind, options: PixelOptions): Promise<DecodedImage> {
  const { default: sharp } = await import('sharp');
  // The cache serves repeated operations on one file, which a server does not have.
  sharp.cache(false);
  const ignoreIcc = options.colour === 'plain';
  const frame = kind === 'GIF' ? readGifFrame(bytes) : undefined;
  const file = frame === undefined ? bytes : withoutTransparency(bytes, frame);
  const image = sharp(file, { limitInputPixels: options.maxPixels, failOn: 'error', ignoreIcc });
  // Pillow turns TIFF files whether it is asked to or not.
  if (options.orientation === 'upright' || kind === 'TIFF') image.autoOrient();
  if (ignoreIcc && (await isCmyk(image, bytes, kind)))
    return fromCmyk(await raw(image.pipelineColourspace('cmyk'), 'cmyk'));
  const pixels = await raw(image.removeAlpha(), 'srgb');
  if (frame !== undefined) paintAround(pixels, frame);
  return pixels;
}

async function raw(image: Sharp, colourspace: 'srgb' | 'cmyk'): Promise<DecodedImage> {
  const pixels = image.toColourspace(colourspace).raw({ depth: 'uchar' });
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

async function isCmyk(image: Sharp, bytes: Uint8Array, kind: ImageKind): Promise<boolean> {
  if (kind === 'JPEG') return jpegComponents(bytes) === 4;
  return kind === 'TIFF' && (await image.metadata()).space === 'cmyk';
}

/** How many numbers a JPEG's pixels have, from its frame header; reading all metadata would take a tenth of the decoding. */
function jpegComponents(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 9 < bytes.length;) {
    const marker = view.getUint16(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return view.getUint8(at + 9);
    if (marker < 0xff00) return undefined;
    // 0xff may be repeated before a marker.
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** Pillow's formula, in its own integer arithmetic. */
function fromCmyk({ data, width, height }: DecodedImage): DecodedImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let source = 0, target = 0; target < rgb.length; source += 4) {
    const white = 255 - (data[source + 3] ?? 0);
    for (let ink = 0; ink < 3; ink += 1, target += 1) {
      rgb[target] = Math.max(white - divideBy255((data[source + ink] ?? 0) * white), 0);
    }
  }
  return { data: rgb, width, height, channels: 3 };
}

/** Rounded to the nearest. */
function divideBy255(product: number): number {
  const rounded = product + 128;
  return ((rounded >> 8) + rounded) >> 8;
}
