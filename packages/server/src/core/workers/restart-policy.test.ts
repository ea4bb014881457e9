import { describe, expect, it } from 'vitest';
import { restartDelayMs } from './restart-policy.ts';

const history = { failures: 1, firstFailureAt: 0, now: 0, windowMs: 300_000 };

describe('restartDelayMs', () => {
  it('starts again at once after the first failure', () => {
    expect(restartDelayMs(history)).toBe(0);
  });

  it('waits longer after each failure in a row', () => {
    const delays = [1, 2, 3, 4, 5, 6].map((failures) => restartDelayMs({ ...history, failures }));
    expect(delays).toEqual([0, 1000, 1000, 2000, 3000, 5000]);
  });

  it('keeps the longest wait however many failures there are', () => {
    expect(restartDelayMs({ ...history, failures: 100 })).toBe(1_597_000);
  });

  it('gives up when the window since the first failure is over', () => {
    expect(restartDelayMs({ ...history, now: 299_999 })).toBe(0);
    expect(restartDelayMs({ ...history, now: 300_000 })).toBeUndefined();
  });
});
