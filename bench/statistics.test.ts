import { describe, expect, it } from 'vitest';
import { percentile, summarize } from './statistics.ts';

describe('summarize', () => {
  it('takes the one in the middle, and the smallest and largest for the spread', () => {
    expect(summarize([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30, samples: [30, 10, 20] });
  });

  it('takes the mean of the two in the middle of an even number', () => {
    expect(summarize([4, 1, 3, 2]).median).toBe(2.5);
  });

  it('refuses no samples', () => {
    expect(() => summarize([])).toThrow('no samples');
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  it.each([
    [50, 50],
    [99, 99],
    [100, 100],
    [0, 1],
  ])('of 1 to 100, the %ith is %i', (percent, expected) => {
    expect(percentile(hundred, percent)).toBe(expected);
  });

  it('of one value is that value', () => {
    expect(percentile([7], 99)).toBe(7);
  });
});
