import { describe, expect, it } from 'vitest';
import { aheadDelayMs } from './ahead-policy.ts';

/** How many batches are sent at once to a worker that begins with the first of them. */
function sentAtOnce(batchMs: number): number {
  let inFlight = 1;
  while (aheadDelayMs({ batchMs, turnMs: 0, inFlight }) === 0) inFlight += 1;
  return inFlight - 1;
}

describe('aheadDelayMs', () => {
  it('lets a quick worker have as many as it does in two milliseconds, up to sixteen', () => {
    expect([2, 1, 0.5, 0.2, 0.05, 0].map(sentAtOnce)).toEqual([1, 2, 4, 10, 16, 16]);
  });

  it('lets a slow one have the next when it should be done in two milliseconds', () => {
    expect(aheadDelayMs({ batchMs: 5, turnMs: 1, inFlight: 1 })).toBe(2);
    expect(aheadDelayMs({ batchMs: 5, turnMs: 3, inFlight: 1 })).toBe(0);
    expect(aheadDelayMs({ batchMs: 1000, turnMs: 0, inFlight: 1 })).toBe(998);
    expect(aheadDelayMs({ batchMs: 5, turnMs: 3, inFlight: 2 })).toBe(Infinity);
  });

  it('lets one that is late have none', () => {
    expect(aheadDelayMs({ batchMs: 5, turnMs: 9, inFlight: 1 })).toBe(0);
    expect(aheadDelayMs({ batchMs: 5, turnMs: 9.1, inFlight: 1 })).toBe(Infinity);
    expect(aheadDelayMs({ batchMs: 0.1, turnMs: 4.2, inFlight: 1 })).toBe(Infinity);
  });

  it('lets one have none whose time is not known', () => {
    expect(aheadDelayMs({ batchMs: Infinity, turnMs: 3, inFlight: 1 })).toBe(Infinity);
  });
});
