import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { decodeImage } from './decode-image.ts';
import { kindOf } from './image-kind.ts';

/** A file of the ISO base media format that begins with these brands. */
function iso(...brands: string[]): Buffer {
  const [main = '', ...others] = brands;
  return Buffer.from(`\0\0\0\x20ftyp${main}\0\0\0\0${others.join('')}${'\0'.repeat(600)}`, 'latin1');
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('kinds of files', () => {
  it.each([
    ['AVIF', iso('avif', 'mif1')],
    ['AVIF', iso('avis')],
    ['AVIF', iso('mif1', 'miaf', 'avif')],
    ['TIFF', latin1('MM\0*\0\0\0\x08')],
    ['TIFF', latin1('II+\0\x08\0\0\0')],
  ])('%s is decoded', (kind, bytes) => {
    expect(kindOf(bytes)).toBe(kind);
  });

  it.each([
    ['HEIC', iso('heic', 'mif1')],
    ['HEIC', iso('heix')],
    ['HEIC', iso('hevc')],
    ['HEIC', iso('mif1', 'heic')],
    ['HEIC', iso('msf1', 'hevc')],
    ['MP4 or QuickTime', iso('isom', 'mp42')],
    ['JPEG XL', latin1('\xff\x0a\0\0')],
    ['JPEG XL', latin1('\0\0\0\x0cJXL \r\n\x87\n')],
    ['JPEG 2000', latin1('\0\0\0\x0cjP  \r\n\x87\n')],
    ['JPEG 2000', latin1('\xff\x4f\xff\x51\0')],
    ['BMP', latin1('BM\x46\0\0\0\0\0\0\0\x36\0\0\0')],
    ['ICO', latin1('\0\0\x01\0\x01\0')],
    ['PDF', latin1('%PDF-1.7\n')],
    ['SVG', latin1('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['SVG', Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="1" height="1"/>')],
    ['HTML', latin1('<!DOCTYPE html><html><body><svg></svg>')],
    ['Photoshop', latin1('8BPS\0\x01')],
    ['OpenEXR', latin1('v/1\x01')],
    ['Netpbm', latin1('P6 1 1 255\nabc')],
    ['DICOM', latin1(`${'\0'.repeat(128)}DICM`)],
    ['gzip', latin1('\x1f\x8b\x08')],
    ['ZIP', latin1('PK\x03\x04')],
  ])('%s is refused by its name', async (kind, bytes) => {
    await expect(decodeImage(bytes)).rejects.toMatchObject({
      status: 400,
      message: `Expected an image (JPEG, PNG, WebP, GIF, TIFF or AVIF) as bytes, base64, a data: URL or {"b64": …}; got a file of the format ${kind}`,
    });
  });

  it.skipIf(!hasSharedData)(`a photograph of a phone is refused as HEIC${NEEDS_SHARED_DATA}`, async () => {
    const heic = await readFile(`${SHARED_DATA}faults/red.heic`);
    await expect(decodeImage(heic.toString('base64'))).rejects.toThrow(/; got a file of the format HEIC$/);
  });

  it('names the kind of a file that is damaged', async () => {
    const png = latin1('\x89PNG\r\n\x1a\n\0\0\0\rIHDR');
    await expect(decodeImage(png)).rejects.toThrow(/; got a PNG file of 16 bytes that do not decode \(/);
  });

  it('does not search text that is no image for long', () => {
    const started = performance.now();
    for (const text of ['<'.repeat(512), '<!'.repeat(256), ' '.repeat(512), `<?${' '.repeat(510)}`]) {
      expect(kindOf(latin1(text))).toBeUndefined();
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
