/** The channels that a model takes, out of red, green and blue. */
import type { DecodedImage } from './pixels.ts';

/** `grey` weighs colours as Pillow's mode L does (ITU-R 601). */
export type ImageChannels = 'rgb' | 'bgr' | 'grey';

/** Red, green and blue → the channels; 3 is `rgb`, 1 is `grey`. The image may be changed in place. */
export function inChannels(image: DecodedImage, channels: ImageChannels | 1 | 3 = 'rgb'): DecodedImage {
  switch (channels) {
    case 'rgb':
    case 3:
      return image;
    case 'bgr':
      return { ...image, data: swapRedAndBlue(image.data) };
    case 'grey':
    case 1:
      return { ...image, data: luma(image.data), channels: 1 };
  }
}

/** Pillow's formula, in its own integer arithmetic; equal parts give their own value. */
function luma(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel += 1, at += 3) {
    grey[pixel] = ((rgb[at] ?? 0) * 19595 + (rgb[at + 1] ?? 0) * 38470 + (rgb[at + 2] ?? 0) * 7471 + 0x8000) >> 16;
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
