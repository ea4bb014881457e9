import { describe, expect, it } from 'vitest';
import { MessageBoundaries } from './message-boundaries.ts';

/** A message with so many bytes, as it is framed. */
function framed(bytes: number): Buffer {
  const message = Buffer.alloc(5 + bytes, 1);
  message.writeUInt32BE(bytes, 1);
  return message;
}

describe('the boundaries of messages', () => {
  it('are where they end, whatever the pieces are', () => {
    const messages = [0, 3, 0, 40, 1, 7, 300].map(framed);
    const stream = Buffer.concat(messages);
    const ends = messages.map((_, index) => Buffer.concat(messages.slice(0, index + 1)).length);
    for (let step = 1; step <= stream.length; step += 1) {
      const boundaries = new MessageBoundaries();
      for (let at = 0; at < stream.length; at += step) {
        const next = Math.min(stream.length, at + step);
        const lastEnd = Math.max(0, ...ends.filter((end) => end <= next));
        expect(boundaries.partOf(stream.subarray(at, next))).toBe(next - Math.max(at, lastEnd));
      }
    }
  });
});
