import type { Http2Session } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { createFrameCounter } from './count-frames.ts';

const session = () => ({}) as Http2Session;
/** Whether all of so many frames, with so many bytes each, may come in one turn. */
const mayCome =
  (count = createFrameCounter(), one = session()) =>
  (frames: number, bytes: number) =>
    Array.from({ length: frames }, () => count(one, bytes)).every(Boolean);

describe('frames of a connection', () => {
  it('may be tiny, or many, but not both', () => {
    expect(mayCome()(2000, 1)).toBe(true);
    expect(mayCome()(2001, 1)).toBe(false);
    expect(mayCome()(2001, 15)).toBe(false);
    expect(mayCome()(100_000, 16)).toBe(true);
  });

  it('count by themselves, and anew in each turn', async () => {
    const count = createFrameCounter();
    const one = session();
    expect(mayCome(count, one)(2000, 1)).toBe(true);
    expect(mayCome(count)(2000, 1)).toBe(true);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(mayCome(count, one)(2000, 1)).toBe(true);
    expect(mayCome(count, one)(1, 1)).toBe(false);
  });
});
