/** What is decided before pixels are scaled: profiles, inks, orientation, the frames of a GIF. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { IMAGES } from '../../../../test/fixtures/images/expected.ts';
import { decodeImage } from './decode-image.ts';

const read = (name: string): Promise<Buffer> => readFile(IMAGES + name);

describe('colour', () => {
  it.each(['png-profile.png', 'jpeg-profile.jpg', 'jpeg-cmyk.jpg', 'tiff-cmyk.tif'])(
    'plain and managed differ for %s',
    async (name) => {
      const plain = await decodeImage(await read(name));
      const managed = await decodeImage(await read(name), { colour: 'managed' });
      expect(managed).toMatchObject({ width: 40, height: 30, channels: 3 });
      expect(meanDifference(plain.data, managed.data)).toBeGreaterThan(2);
    },
  );

  it('managed is what the profile says', async () => {
    const raw = { width: 8, height: 8, channels: 3 } as const;
    const red = Uint8Array.from({ length: 192 }, (_, index) => (index % 3 === 0 ? 200 : 30));
    const file = await sharp(red, { raw }).withIccProfile('p3').png().toBuffer();
    expect(meanDifference(red, (await decodeImage(file, { colour: 'managed' })).data)).toBeLessThan(1.5);
    expect(meanDifference(red, (await decodeImage(file)).data)).toBeGreaterThan(5);
  });

  it.each(['png-rgb.png', 'png-grey.png', 'png-rgba.png', 'gif.gif', 'tiff-palette.tif'])(
    'makes no difference for %s, which has no profile',
    async (name) => {
      const managed = await decodeImage(await read(name), { colour: 'managed' });
      expect([...managed.data]).toEqual([...(await decodeImage(await read(name))).data]);
    },
  );
});

describe('AVIF', () => {
  it('is as Pillow decodes it, but for rounding', async () => {
    const expected = await decodeImage(await read('avif-444.expected.png'));
    const actual = await decodeImage(await read('avif-444.avif'));
    expect(meanDifference(expected.data, actual.data)).toBeLessThan(0.3);
  });
});

describe('transparency of a GIF', () => {
  it('is dropped after other extensions, too', async () => {
    const gif = await read('gif-transparent.gif');
    const start = 13 + (3 << ((gif.readUInt8(10) & 7) + 1));
    const comment = Buffer.from('\x21\xfe\x05hello\x03you\0', 'latin1');
    const commented = Buffer.concat([gif.subarray(0, start), comment, gif.subarray(start)]);
    expect([...(await decodeImage(commented)).data]).toEqual([...(await decodeImage(gif)).data]);
  });

  it('leaves what the client sent as it is', async () => {
    const gif = await read('gif-transparent.gif');
    const before = Buffer.from(gif);
    await decodeImage(gif);
    expect(gif.equals(before)).toBe(true);
  });

  it('is not looked for beyond the end', async () => {
    const gif = await read('gif-transparent.gif');
    for (let length = 6; length < 80; length += 1) {
      await expect(decodeImage(gif.subarray(0, length))).rejects.toMatchObject({ status: 400 });
    }
  });
});

describe('the frame header of a JPEG', () => {
  it('is not looked for beyond the end', async () => {
    const jpeg = await read('jpeg-cmyk.jpg');
    for (let length = 3; length < 200; length += 1) {
      await expect(decodeImage(jpeg.subarray(0, length))).rejects.toMatchObject({ status: 400 });
    }
  });

  it('is found behind fill bytes', async () => {
    const jpeg = await read('jpeg-cmyk.jpg');
    const filled = Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xff]), jpeg.subarray(2)]);
    expect([...(await decodeImage(filled)).data]).toEqual([...(await decodeImage(jpeg)).data]);
  });
});

describe('large images', () => {
  it('are decoded in turn, and as others are', async () => {
    const create = { width: 5000, height: 3600, channels: 3, background: '#336699' } as const;
    const png = await sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
    const options = { width: 2, height: 1 };
    const results = await Promise.all([
      decodeImage(png, options),
      decodeImage(png, options),
      decodeImage(png, options),
    ]);
    for (const { data } of results) expect([...data]).toEqual([0x33, 0x66, 0x99, 0x33, 0x66, 0x99]);
  });

  it('that do not decode do not hold up those that wait', async () => {
    const create = { width: 5000, height: 3600, channels: 3, background: '#336699' } as const;
    const png = await sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
    const [broken, whole] = await Promise.allSettled([
      decodeImage(png.subarray(0, png.length / 2), { width: 1, height: 1 }),
      decodeImage(png, { width: 1, height: 1 }),
    ]);
    expect(broken).toMatchObject({ status: 'rejected', reason: { status: 400 } });
    expect(whole).toMatchObject({ status: 'fulfilled' });
  });
});

function meanDifference(one: Uint8Array, other: Uint8Array): number {
  expect(other).toHaveLength(one.length);
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;
}
