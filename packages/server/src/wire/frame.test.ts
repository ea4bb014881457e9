import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader, type Frame } from './frame.ts';

const LIMITS = { maxBytes: 1 << 20, maxHeaderBytes: 1000, maxBytesAhead: 1 << 20 };

function bytesOf(id: number, payload = 'payload'): Buffer {
  return Buffer.concat(encodeFrame({ kind: 3, id, header: { text: 'größe' } }, [Buffer.from(payload)]));
}

const readable = ({ kind, id, header, payload }: Frame) => ({ kind, id, header, payload: payload.toString() });
const expected = (id: number, payload = 'payload') => ({ kind: 3, id, header: { text: 'größe' }, payload });

describe('FrameReader', () => {
  it('reads a frame that comes in one piece', () => {
    expect(new FrameReader(LIMITS).push(bytesOf(1)).map(readable)).toEqual([expected(1)]);
  });

  it('reads frames that come a byte at a time', () => {
    const reader = new FrameReader(LIMITS);
    const frames = Array.from(Buffer.concat([bytesOf(1), bytesOf(2, '')])).flatMap((byte) =>
      reader.push(Buffer.from([byte])),
    );
    expect(frames.map(readable)).toEqual([expected(1), expected(2, '')]);
  });

  it('reads several frames and the beginning of another from one chunk', () => {
    const reader = new FrameReader(LIMITS);
    const all = Buffer.concat([bytesOf(1), bytesOf(2), bytesOf(3)]);
    expect(reader.push(all.subarray(0, -5)).map(readable)).toEqual([expected(1), expected(2)]);
    expect(reader.push(all.subarray(-5)).map(readable)).toEqual([expected(3)]);
  });

  it('has large frames, and many small ones, read to where they stay', () => {
    const sizes = [200_000, 1, 70_000, ...Array.from({ length: 300 }, (_, index) => index * 7), 65_536, 3];
    const payloads = sizes.map((size, index) => String.fromCodePoint(97 + (index % 26)).repeat(size));
    const all = Buffer.concat(payloads.map((payload, index) => bytesOf(index, payload)));
    const reader = new FrameReader(LIMITS);
    const frames: Frame[] = [];
    for (let taken = 0, turn = 1; taken < all.length; turn += 1) {
      const copied = all.copy(reader.room, 0, taken, taken + (turn % 5) * 13_000 + 1);
      taken += copied;
      frames.push(...reader.accept(copied));
    }
    expect(frames.map(readable)).toEqual(payloads.map((payload, index) => expected(index, payload)));
  });

  it('passes a payload on without copying it', () => {
    const payload = Buffer.from('payload');
    expect(encodeFrame({ kind: 1, id: 1, header: {} }, [payload])[1]).toBe(payload);
  });

  it('begins the payload where numbers of eight bytes may begin', () => {
    const offsets = ['', 'a', 'ab', 'abcdefg'].map((text) => encodeFrame({ kind: 1, id: 1, header: text })[0]?.length);
    expect(offsets.map((offset) => Number(offset) % 8)).toEqual([0, 0, 0, 0]);
  });

  it('refuses a frame over the limit as soon as its length is known', () => {
    const reader = new FrameReader({ ...LIMITS, maxBytes: 100 });
    expect(() => reader.push(bytesOf(1, 'x'.repeat(200)).subarray(0, 4))).toThrow(/longer than the limit of 100 bytes/);
  });

  it('refuses a header over its limit', () => {
    const reader = new FrameReader({ ...LIMITS, maxHeaderBytes: 10 });
    expect(() => reader.push(bytesOf(1))).toThrow(/a frame whose header has \d+ bytes, 10 at most/);
  });

  it('sets no more memory aside than was agreed for what has only been announced', () => {
    const limits = { maxBytes: 2 ** 32, maxHeaderBytes: 1000, maxBytesAhead: 1 << 17 };
    const reader = new FrameReader(limits);
    const size = 3_000_000;
    const bytes = bytesOf(1, 'x'.repeat(size));
    reader.push(bytes.subarray(0, 100));
    expect(reader.room.length).toBeLessThan(limits.maxBytesAhead);
    const frames: Frame[] = [];
    for (let taken = 100; taken < bytes.length;) {
      const copied = bytes.copy(reader.room, 0, taken, taken + 10_000);
      taken += copied;
      frames.push(...reader.accept(copied));
      expect(reader.room.length).toBeLessThanOrEqual(Math.max(limits.maxBytesAhead, 2 * taken));
    }
    expect(frames.map(({ payload }) => payload.length)).toEqual([size]);
  });

  it('refuses bytes that are no frame', () => {
    expect(() => new FrameReader(LIMITS).push(Buffer.from([0, 0, 0, 1]))).toThrow('not a frame');
    const wrongVersion = bytesOf(1);
    wrongVersion.writeUInt8(9, 4);
    expect(() => new FrameReader(LIMITS).push(wrongVersion)).toThrow('a frame of version 9, expected 1');
  });
});
