import { describe, expect, it } from 'vitest';
import { batchesAhead } from './ahead-policy.ts';

describe('batchesAhead', () => {
  it('is none for workers that are slow, or not known yet', () => {
    expect([Infinity, 100, 2.1].map(batchesAhead)).toEqual([0, 0, 0]);
  });

  it('is as many as are done in two milliseconds, up to sixteen', () => {
    expect([2, 1, 0.5, 0.2, 0.05, 0].map(batchesAhead)).toEqual([1, 2, 4, 10, 16, 16]);
  });
});
