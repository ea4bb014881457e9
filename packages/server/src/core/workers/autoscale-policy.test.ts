import { describe, expect, it } from 'vitest';
import { nextMove, type ScaleSituation } from './autoscale-policy.ts';

const calm: ScaleSituation = {
  min: 1,
  max: 4,
  workers: 2,
  notReady: 0,
  waitedMs: undefined,
  spareMs: 0,
  scaleUpWaitMs: 200,
  scaleDownIdleMs: 60_000,
};

const direction = (change: Partial<ScaleSituation>) => nextMove({ ...calm, ...change })?.direction;

describe('nextMove', () => {
  it('leaves everything as it is when nothing waits and nobody is idle for long', () => {
    expect(nextMove(calm)).toBeUndefined();
  });

  it('adds a worker when a request has waited too long, and says so', () => {
    expect(direction({ waitedMs: 199 })).toBeUndefined();
    expect(nextMove({ ...calm, waitedMs: 200 })).toEqual({
      direction: 'up',
      reason: 'a request has waited for 200 ms',
    });
  });

  it('does not go above the greatest number', () => {
    expect(direction({ waitedMs: 5000, workers: 4 })).toBeUndefined();
  });

  it('waits until the last worker it added is ready before it adds another', () => {
    expect(direction({ waitedMs: 5000, notReady: 1 })).toBeUndefined();
  });

  it('takes a worker away after the idle time, down to the least number', () => {
    expect(direction({ spareMs: 59_999 })).toBeUndefined();
    expect(direction({ spareMs: 60_000 })).toBe('down');
    expect(direction({ spareMs: 60_000, workers: 1 })).toBeUndefined();
  });

  it('takes no worker away while one is being started', () => {
    expect(direction({ spareMs: 60_000, notReady: 1 })).toBeUndefined();
  });

  it('starts the first worker as soon as a request waits', () => {
    expect(direction({ min: 0, workers: 0, waitedMs: 0 })).toBe('up');
    expect(direction({ min: 0, max: 0, workers: 0, waitedMs: 0 })).toBeUndefined();
  });
});
