import { describe, expect, it } from 'vitest';
import { MessageReader } from './message-reader.ts';

/** A message with so many bytes, as it is framed. */
function framed(bytes: number, flag = 0): Buffer {
  const message = Buffer.alloc(5 + bytes, bytes);
  message.writeUInt8(flag, 0);
  message.writeUInt32BE(bytes, 1);
  return message;
}

describe('messages', () => {
  it('are whole where they end, whatever the pieces are', () => {
    const sizes = [0, 3, 0, 40, 1, 7, 300];
    const frames = sizes.map((size) => framed(size));
    const stream = Buffer.concat(frames);
    const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length);
    for (let step = 1; step <= stream.length; step += 1) {
      const reader = new MessageReader(300);
      const messages: Buffer[] = [];
      for (let at = 0; at < stream.length; at += step) {
        const next = Math.min(stream.length, at + step);
        messages.push(...reader.read(stream.subarray(at, next)).map(({ bytes }) => bytes));
        expect(reader.partBytes).toBe(next - Math.max(0, ...ends.filter((end) => end <= next)));
      }
      expect(messages).toEqual(frames.map((frame) => frame.subarray(5)));
    }
  });

  it('say whether they are compressed', () => {
    const read = new MessageReader(9).read(Buffer.concat([framed(2, 1), framed(2)]));
    expect(read.map(({ isCompressed }) => isCompressed)).toEqual([true, false]);
  });

  it('that are too large are refused by their heads', () => {
    const reader = new MessageReader(9);
    expect(reader.read(framed(9))).toHaveLength(1);
    expect(() => reader.read(framed(10).subarray(0, 5))).toThrow('The message has 10 bytes');
  });

  it('keep no memory alive beside their own', () => {
    const read = Buffer.concat([framed(9), Buffer.alloc(60_000)]);
    const [message] = new MessageReader(9).read(read.subarray(0, 14));
    expect(message?.bytes).toHaveLength(9);
    expect(message?.bytes.buffer).not.toBe(read.buffer);
  });
});
