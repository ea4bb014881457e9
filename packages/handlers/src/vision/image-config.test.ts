import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readSection } from '../model-config.ts';
import type { TensorSpec } from '../signature.ts';
import { imageConfigReaders, imageSettings, type ImageConfig } from './image-config.ts';
import { imageToTensor } from './image-tensor.ts';

const SPEC: TensorSpec = { name: 'x', type: 'uint8', shape: ['batch', 3, 4, 4] };

function settingsOf(section: Record<string, unknown>) {
  return imageSettings(readSection<ImageConfig>({ image: section }, 'image', imageConfigReaders), SPEC, 'image');
}

describe('the keys of an image section', () => {
  it.each([
    ['bilinear', 'linear'],
    ['bicubic', 'cubic'],
    ['lanczos', 'lanczos3'],
  ])('%s and %s are the same filter', async (pillow, sharpName) => {
    const tensors = [pillow, sharpName].map((filter) => tensorOf({ filter }));
    const [one, other] = await Promise.all(tensors);
    expect(one).toEqual(other);
    expect(one).not.toEqual(await tensorOf({ filter: 'nearest' }));
  });

  it.each(['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'mitchell', 'lanczos2', 'lanczos'])(
    '%s keeps a plain colour, made smaller and larger',
    async (filter) => {
      for (const resize of [4, 5, 31]) {
        expect(new Set((await tensorOf({ filter, resize }, 10, [90, 90, 90])).data as Uint8Array)).toEqual(
          new Set([90]),
        );
      }
      expect(new Set((await tensorOf({ filter }, 2, [90, 90, 90])).data as Uint8Array)).toEqual(new Set([90]));
    },
  );

  it('bilinear is the default, and pillow the only arithmetic', () => {
    expect(settingsOf({})).toMatchObject({ filter: 'bilinear', colour: 'plain', orientation: 'upright' });
    expect(settingsOf({ resample: 'pillow' }).filter).toBe('bilinear');
    expect(() => settingsOf({ resample: 'opencv' })).toThrow('image.resample must be one of pillow, got "opencv"');
    expect(() => settingsOf({ filter: 'catrom' })).toThrow(
      /image\.filter must be one of nearest, box, bilinear, linear,/,
    );
  });

  it('color is colour; they must not contradict each other', () => {
    expect(settingsOf({ color: 'managed' })).toMatchObject({ colour: 'managed' });
    expect(settingsOf({ color: 'managed', colour: 'managed' })).toMatchObject({ colour: 'managed' });
    expect(() => settingsOf({ color: 'managed', colour: 'plain' })).toThrow(
      'Model config: image.color and image.colour are the same key, got "managed" and "plain"',
    );
  });

  it('orientation decides whether EXIF turns the image', async () => {
    const file = await imageOf(4, [1, 2, 3]).withMetadata({ orientation: 3 }).png().toBuffer();
    const spec: TensorSpec = { ...SPEC, shape: ['batch', 4, 4, 3] };
    const tensors = (['upright', 'stored'] as const).map((orientation) =>
      imageToTensor(file, imageSettings({ orientation, resize: 4 }, spec, 'image'), spec),
    );
    const [upright = [], stored = []] = (await Promise.all(tensors)).map(({ data }) => [...(data as Uint8Array)]);
    expect(upright.slice(-3)).toEqual(stored.slice(0, 3));
    expect(upright).not.toEqual(stored);
  });
});

/** A square with a spot of another colour in its first corner. */
function imageOf(side: number, colour: readonly number[], spot: readonly number[] = colour.map((part) => part + 50)) {
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) => (at < 3 ? spot[at] : colour[at % 3]) ?? 0);
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
}

async function tensorOf(section: Record<string, unknown>, side = 10, spot?: readonly number[]) {
  return imageToTensor(await imageOf(side, [90, 90, 90], spot).png().toBuffer(), settingsOf(section), SPEC);
}
