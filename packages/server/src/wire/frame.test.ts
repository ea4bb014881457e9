import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, type Frame } from './frame.ts';

const LIMIT = 1 << 20;

function bytesOf(id: number, payload = 'payload'): Buffer {
  return Buffer.concat(encodeFrame({ kind: 3, id, header: { text: 'größe' } }, [Buffer.from(payload)]));
}

const readable = ({ kind, id, header, payload }: Frame) => ({ kind, id, header, payload: payload.toString() });
const expected = (id: number, payload = 'payload') => ({ kind: 3, id, header: { text: 'größe' }, payload });

describe('FrameDecoder', () => {
  it('reads a frame that comes in one piece', () => {
    expect(new FrameDecoder(LIMIT).push(bytesOf(1)).map(readable)).toEqual([expected(1)]);
  });

  it('reads frames that come a byte at a time', () => {
    const decoder = new FrameDecoder(LIMIT);
    const frames = Array.from(Buffer.concat([bytesOf(1), bytesOf(2, '')])).flatMap((byte) =>
      decoder.push(Buffer.from([byte])),
    );
    expect(frames.map(readable)).toEqual([expected(1), expected(2, '')]);
  });

  it('reads several frames and the beginning of another from one chunk', () => {
    const decoder = new FrameDecoder(LIMIT);
    const all = Buffer.concat([bytesOf(1), bytesOf(2), bytesOf(3)]);
    expect(decoder.push(all.subarray(0, -5)).map(readable)).toEqual([expected(1), expected(2)]);
    expect(decoder.push(all.subarray(-5)).map(readable)).toEqual([expected(3)]);
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
    const decoder = new FrameDecoder(100);
    expect(() => decoder.push(bytesOf(1, 'x'.repeat(200)).subarray(0, 4))).toThrow(
      /longer than the limit of 100 bytes/,
    );
  });

  it('refuses bytes that are no frame', () => {
    expect(() => new FrameDecoder(LIMIT).push(Buffer.from([0, 0, 0, 1]))).toThrow('not a frame');
    const wrongVersion = bytesOf(1);
    wrongVersion.writeUInt8(9, 4);
    expect(() => new FrameDecoder(LIMIT).push(wrongVersion)).toThrow('a frame of version 9, expected 1');
  });
});
