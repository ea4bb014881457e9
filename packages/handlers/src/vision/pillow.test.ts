/** Images are what Pillow and torchvision make of them, to the bit; the expectations are theirs (test/fixtures/images). */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { digest, EXPECTED, IMAGES } from '../../../../test/fixtures/images/expected.ts';
import { seededPixels } from '../../../../test/fixtures/images/seeded-pixels.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { decodeImage, type DecodeOptions } from './decode-image.ts';
import { imageScaling } from './image-scaling.ts';
import { resample } from './resample/resample.ts';

const FAULTS = `${SHARED_DATA}faults/`;

describe.each([
  ['files of all kinds', Object.entries(EXPECTED.files), IMAGES],
  [`files that went wrong once${NEEDS_SHARED_DATA}`, hasSharedData ? Object.entries(EXPECTED.faults) : [], FAULTS],
])('%s', (_, files, folder) => {
  it.each(files)('%s is decoded as by Pillow', async (name, expected) => {
    expect(await decoded(folder + name, {})).toBe(expected.upright);
    expect(await decoded(folder + name, { orientation: 'stored' })).toBe(expected.stored);
    expect(await decoded(folder + name, { orientation: 'stored', channels: 'grey' })).toBe(expected.grey);
  });

  it.each(files)('%s is scaled and cut as by torchvision', async (name, { pipelines }) => {
    for (const { pixels, resize, size, filter } of pipelines) {
      const options = { shortSide: resize, width: size, height: size, fit: 'crop', filter } as const;
      expect(await decoded(folder + name, { ...options, orientation: 'stored' }), `${resize} ${filter}`).toBe(pixels);
    }
  });
});

async function decoded(path: string, options: DecodeOptions): Promise<string> {
  return digest((await decodeImage(await readFile(path), options)).data);
}

describe('resample', () => {
  it.each(EXPECTED.resamplings)(
    '%s %i: %i×%i, %i channels → %i×%i, %s, part %j',
    (kind, seed, ...[width, height, channels, toWidth, toHeight, filter, part, pixels]) => {
      const image = seededPixels({ kind, seed, width, height, channels });
      const [left, top, right, bottom] = part;
      const region = { left, top, width: right - left, height: bottom - top };
      const result = resample(image, { width: toWidth, height: toHeight, filter, region });
      expect(result).toMatchObject({ width: region.width, height: region.height, channels });
      expect(digest(result.data)).toBe(pixels);
    },
  );
});

describe('Resize and CenterCrop', () => {
  it.each(EXPECTED.pipelines)(
    '%s %i: %i×%i → %i, %i, %s',
    async (kind, seed, ...[width, height, resize, size, filter, pixels]) => {
      const { data } = seededPixels({ kind, seed, width, height, channels: 3 });
      const file = await sharp(data, { raw: { width, height, channels: 3 } })
        .png({ compressionLevel: 1 })
        .toBuffer();
      const options = { shortSide: resize, width: size, height: size, fit: 'crop', filter } as const;
      expect(digest((await decodeImage(file, options)).data)).toBe(pixels);
    },
  );

  it.each(EXPECTED.geometry)('%i, %i: every size up to 300×300 comes out as by torchvision', (resize, size, text) => {
    const options = { shortSide: resize, width: size, height: size, fit: 'crop' } as const;
    let all = '';
    for (let height = 1; height <= 300; height += 1) {
      for (let width = 1; width <= 300; width += 1) {
        const { scaled, region } = imageScaling({ width, height }, options);
        all += `${scaled.width},${scaled.height},${region.left},${region.top};`;
      }
    }
    expect(digest(all)).toBe(text);
  });
});
