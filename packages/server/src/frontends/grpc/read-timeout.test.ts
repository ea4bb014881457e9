import { describe, expect, it } from 'vitest';
import { readTimeout } from './read-timeout.ts';

describe('the time of a call', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['20S', 20_000],
    ['300m', 300],
    ['5000u', 5],
    ['0n', 0],
    ['99999999H', 359_999_996_400_000],
  ])('%s', (text, ms) => {
    expect(readTimeout(text)).toBe(ms);
  });

  it('is endless when the client does not say', () => {
    expect(readTimeout(undefined)).toBeUndefined();
  });

  it.each(['', 'S', '1', '1s', '-1S', '1.5S', '123456789S', '1S, 2S', ' 1S'])('"%s" is refused', (text) => {
    expect(() => readTimeout(text)).toThrow('grpc-timeout: expected');
  });
});
