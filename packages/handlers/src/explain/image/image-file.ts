/** Images as files, and as tensors of their bytes. */
import { createTensor, type Tensor } from '../../tensor/tensor.ts';

/** Pixels of the shorter side that are enough: models of images take about as many. */
const LARGEST_SIDE = 256;

/** Red, green and blue of each pixel, upright; larger ones are made smaller. @throws Error for what is no image */
export async function decodeImage(bytes: Uint8Array): Promise<Tensor> {
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(bytes)
    .rotate()
    .resize({ width: LARGEST_SIDE, height: LARGEST_SIDE, fit: 'outside', withoutEnlargement: true })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return createTensor('uint8', [info.height, info.width, info.channels], new Uint8Array(data));
}

/** A PNG of such a tensor, with a batch axis or without. */
export async function encodeImage({ shape, data }: Tensor): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const [height = 0, width = 0, channels = 3] = shape.slice(-3);
  const raw = { width, height, channels: channels as 1 | 3 };
  // Speed counts: there are hundreds.
  return sharp(data as Uint8Array, { raw })
    .png({ compressionLevel: 1 })
    .toBuffer();
}
