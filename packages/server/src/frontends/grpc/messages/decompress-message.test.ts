import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompressMessage } from './decompress-message.ts';

const BYTES = Buffer.alloc(1000, 'a');
const decompressed = (bytes: Buffer, encoding?: string, maxBytes = 1000) =>
  decompressMessage({ isCompressed: true, bytes }, { encoding, maxBytes });

describe('a compressed message', () => {
  it.each([
    ['gzip', gzipSync(BYTES)],
    ['deflate', deflateSync(BYTES)],
  ])('by %s is as it was', async (encoding, bytes) => {
    expect(await decompressed(bytes, encoding)).toEqual(BYTES);
  });

  it('of a call without an encoding is as it came', async () => {
    expect(await decompressed(BYTES)).toBe(BYTES);
  });

  it.each([
    ['by what nobody knows', BYTES, 'snappy', 'unsupported_encoding'],
    ['that is damaged', BYTES, 'gzip', 'invalid_argument'],
    ['that is cut short', gzipSync(BYTES).subarray(0, -1), 'gzip', 'invalid_argument'],
    ['of nothing', Buffer.alloc(0), 'deflate', 'invalid_argument'],
    ['that is larger than it may be', gzipSync(Buffer.alloc(1001)), 'gzip', 'request_too_large'],
  ])('%s is refused', async (_, bytes, encoding, code) => {
    await expect(decompressed(bytes, encoding)).rejects.toMatchObject({ code });
  });
});
