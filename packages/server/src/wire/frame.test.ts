import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader, type Frame } from './frame.ts';

const LIMITS = { maxBytes: 1 << 20, maxHeaderBytes: 1000, maxBytesAhead: 1 << 20 };

function bytesOf(id: number, payload = 'payload'): Buffer {
  const fields = { numbers: [1, 2 ** 32 - 1], text: 'größe' };
  return Buffer.concat(encodeFrame({ kind: 3, id, fields, payload: [Buffer.from(payload)] }));
}

const readable = ({ kind, id, numbers, text, payload }: Frame) => ({
  kind,
  id,
  numbers: [...numbers],
  text,
  payload: payload.toString(),
});
const expected = (id: number, payload = 'payload') => ({
  kind: 3,
  id,
  numbers: [1, 2 ** 32 - 1],
  text: 'größe',
  payload,
});

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

  it('takes ids beyond 2^32, as those of many batches become', () => {
    const ids = [0, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
    expect(ids.map((id) => new FrameReader(LIMITS).push(bytesOf(id))[0]?.id)).toEqual(ids);
  });

  it('passes a large payload on without copying it', () => {
    const payload = Buffer.alloc(100_000);
    expect(encodeFrame({ kind: 1, id: 1, fields: { numbers: [], text: '' }, payload: [payload] })[1]).toBe(payload);
  });

  it('begins payloads where numbers of eight bytes may begin, wherever their frames are', () => {
    const frames = new FrameReader(LIMITS).push(
      Buffer.concat(['', 'a', 'ab', 'abcdefg'].map((payload, id) => bytesOf(id, payload))),
    );
    expect(frames.map(({ payload }) => payload.byteOffset % 8)).toEqual([0, 0, 0, 0]);
  });

  it('has nothing of other memory in the bytes between its parts', () => {
    const fill = Buffer.alloc(100_000, 0xff);
    const chunks = encodeFrame({ kind: 1, id: 1, fields: { numbers: [1], text: 'abc' }, payload: [Buffer.from('x')] });
    const bytes = Buffer.concat(chunks);
    expect(fill[0]).toBe(0xff);
    expect(bytes.subarray(39, 40)).toEqual(Buffer.alloc(1));
    expect(bytes.subarray(41)).toEqual(Buffer.alloc(7));
  });

  it('refuses a frame over the limit as soon as its length is known', () => {
    const reader = new FrameReader({ ...LIMITS, maxBytes: 100 });
    expect(() => reader.push(bytesOf(1, 'x'.repeat(200)).subarray(0, 8))).toThrow(/longer than the limit of 100 bytes/);
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
    expect(() => new FrameReader(LIMITS).push(word(1))).toThrow('not a frame: its length is 1');
    expect(() => new FrameReader(LIMITS).push(word(36))).toThrow('not a frame: its length is 36');
    expect(() => new FrameReader(LIMITS).push(withWord(1, 9))).toThrow('a frame of version 9, expected 2');
    for (const part of [5, 6, 7]) {
      for (const size of [0, 100, 2 ** 32 - 1])
        expect(() => new FrameReader(LIMITS).push(withWord(part, size))).toThrow(/^a frame whose/);
    }
  });
});

function word(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

/** A frame one of whose words is another one. */
function withWord(place: number, value: number): Buffer {
  const bytes = bytesOf(1, 'x'.repeat(20));
  word(value).copy(bytes, 4 * place);
  return bytes;
}
