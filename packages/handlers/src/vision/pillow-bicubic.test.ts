/** `resize: pillow-bicubic` is Pillow's `resize(size)`, pixel by pixel; the expectations are Pillow's own. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { digest, IMAGES } from '../../../../test/fixtures/images/expected.ts';
import { seededPixels, type PixelKind } from '../../../../test/fixtures/images/seeded-pixels.ts';
import type { TensorSpec } from '../signature.ts';
import { imageSettings } from './image-config.ts';
import { imageToTensor } from './image-tensor.ts';

type Expected = readonly [kind: PixelKind, seed: number, width: number, height: number, pixels: string];

const { images } = JSON.parse(readFileSync(`${IMAGES}pillow-bicubic.json`, 'utf8')) as { images: readonly Expected[] };
/** Bytes as they are, in the order in which Pillow has them. */
const SPEC: TensorSpec = { name: 'x', type: 'uint8', shape: ['batch', 224, 224, 3] };

describe('resize: pillow-bicubic', () => {
  it.each(images)('%s %i of %i×%i is what Pillow makes of it', async (kind, seed, width, height, pixels) => {
    const { data } = seededPixels({ kind, seed, width, height, channels: 3 });
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const tensor = await imageToTensor(file, imageSettings({ resize: 'pillow-bicubic' }, SPEC, 'image'), SPEC);
    expect(digest(tensor.data as Uint8Array)).toBe(pixels);
  });

  it('is stretch with the filter bicubic, and goes with no other one', () => {
    const settings = imageSettings({ resize: 'pillow-bicubic' }, SPEC, 'image');
    expect(settings).toEqual(imageSettings({ resize: 'stretch', filter: 'bicubic' }, SPEC, 'image'));
    expect(() => imageSettings({ resize: 'pillow-bicubic', filter: 'lanczos' }, SPEC, 'image')).toThrow(
      'Model config: image.resize is pillow-bicubic, and image.filter "lanczos"',
    );
  });
});
