import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { PredictionError } from '../prediction-error.ts';
import { decodeImage } from './decode-image.ts';

/** An image file of raw pixels. */
function encode(pixels: readonly number[], width: number, channels: 1 | 3 | 4 = 1): Promise<Buffer> {
  const raw = { width, height: pixels.length / width / channels, channels };
  const image = sharp(Uint8Array.from(pixels), { raw });
  return (channels === 1 ? image.toColourspace('b-w') : image).png().toBuffer();
}

const RAMP = Array.from({ length: 64 }, (_, index) => index * 4);
const RED_GREEN = [255, 0, 0, 0, 255, 0];

describe('decodeImage', () => {
  it('gives a grey image its exact values', async () => {
    const image = await decodeImage(await encode(RAMP, 8), { width: 8, height: 8, channels: 'grey' });
    expect(image).toMatchObject({ width: 8, height: 8, channels: 1 });
    expect([...image.data]).toEqual(RAMP);
  });

  it('takes bytes, base64, data URLs and {"b64": …}', async () => {
    const png = await encode(RAMP, 8);
    const base64 = png.toString('base64');
    for (const value of [png, new Uint8Array(png), base64, `data:image/png;base64,${base64}`, { b64: base64 }]) {
      expect([...(await decodeImage(value, { channels: 1 })).data]).toEqual(RAMP);
    }
  });

  it('orders the channels as it is told', async () => {
    const png = await encode(RED_GREEN, 2, 3);
    expect([...(await decodeImage(png)).data]).toEqual(RED_GREEN);
    expect([...(await decodeImage(png, { channels: 'bgr' })).data]).toEqual([0, 0, 255, 0, 255, 0]);
    expect([...(await decodeImage(png, { channels: 'grey' })).data]).toEqual([76, 150]);
  });

  it('makes three channels of a grey image', async () => {
    expect([...(await decodeImage(await encode([7, 9], 2), { channels: 'rgb' })).data]).toEqual([7, 7, 7, 9, 9, 9]);
  });

  it('drops transparency', async () => {
    expect([...(await decodeImage(await encode([10, 20, 30, 255], 1, 4))).data]).toEqual([10, 20, 30]);
  });

  it('reads 16-bit grey as 8-bit', async () => {
    const raw = { width: 2, height: 1, channels: 1 } as const;
    const png = await sharp(Uint16Array.of(0, 0xffff), { raw }).toColourspace('grey16').png().toBuffer();
    expect([...(await decodeImage(png, { channels: 'grey' })).data]).toEqual([0, 255]);
  });

  it('turns photographs upright by their EXIF orientation', async () => {
    const lying = await sharp(Uint8Array.from(RED_GREEN), { raw: { width: 2, height: 1, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    expect(await decodeImage(lying)).toMatchObject({ width: 1, height: 2 });
  });

  it('stretches, covers, fits in or cuts out', async () => {
    const bars = await encode([255, 255, 0, 0, 255, 255, 0, 0], 4);
    const decode = (options: object) => decodeImage(bars, { channels: 'grey', filter: 'nearest', ...options });
    expect(await decode({ width: 2, height: 2 })).toMatchObject({
      width: 2,
      height: 2,
      data: Uint8Array.of(255, 0, 255, 0),
    });
    expect(await decode({ width: 2, height: 2, fit: 'crop' })).toMatchObject({ data: Uint8Array.of(255, 0, 255, 0) });
    expect(await decode({ width: 4, height: 4, fit: 'contain' })).toMatchObject({
      data: Uint8Array.of(0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0),
    });
    expect(await decode({ shortSide: 4, width: 4, height: 4, fit: 'crop' })).toMatchObject({ width: 4, height: 4 });
    expect(await decode({ shortSide: 1 })).toMatchObject({ width: 2, height: 1 });
  });

  it.each<[string, unknown]>([
    ['bytes that are no image', Buffer.from('hello world')],
    ['no bytes', Buffer.alloc(0)],
    ['text that is no base64', 'not base64!'],
    ['base64 of something else', Buffer.from('hello').toString('base64')],
    ['a number', 7],
    ['nothing', null],
    ['an object without b64', { image: 'x' }],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  ])('refuses %s with a PredictionError 400', async (_, value) => {
    await expect(decodeImage(value)).rejects.toThrow(PredictionError);
    await expect(decodeImage(value)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/^Expected an image/) as string,
    });
  });

  it('refuses an image that is cut off', async () => {
    const noise = Array.from({ length: 4096 }, (_, index) => (index * 7919) % 251);
    const png = await encode(noise, 64);
    await expect(decodeImage(png.subarray(0, png.length / 2))).rejects.toMatchObject({
      name: 'PredictionError',
      status: 400,
    });
  });

  it('refuses more pixels than are allowed, before it decodes them', async () => {
    const bomb = await sharp({ create: { width: 2000, height: 2000, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    await expect(decodeImage(bomb, { maxPixels: 1_000_000 })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('more pixels than are allowed') as string,
    });
  });

  it('refuses an image that is too small for the part to be cut out', async () => {
    await expect(decodeImage(await encode(RAMP, 8), { width: 9, height: 9, fit: 'crop' })).rejects.toThrow(
      'Expected an image of at least 9×9 pixels; got 8×8',
    );
  });

  it.skipIf(!hasSharedData)(`refuses half a photograph${NEEDS_SHARED_DATA}`, async () => {
    const jpeg = await readFile(`${SHARED_DATA}/cat.jpg`);
    await expect(decodeImage(jpeg.subarray(0, jpeg.length / 2))).rejects.toMatchObject({
      name: 'PredictionError',
      status: 400,
    });
  });

  it.skipIf(!hasSharedData)(`reads a photograph${NEEDS_SHARED_DATA}`, async () => {
    const jpeg = await readFile(`${SHARED_DATA}/cat.jpg`);
    const image = await decodeImage(jpeg, { shortSide: 256, width: 224, height: 224, fit: 'crop' });
    expect(image).toMatchObject({ width: 224, height: 224, channels: 3 });
    expect(image.data).toHaveLength(224 * 224 * 3);
  });
});
