import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Restarts } from './restarts.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

it('starts a front end again at once, later when it dies again and again, and at once after it has served for a minute', () => {
  const restarts = new Restarts();
  const dies = (afterMs: number) => {
    restarts.started(1);
    vi.advanceTimersByTime(afterMs);
    return restarts.delayMs(1);
  };
  expect([1, 1, 1, 1, 1].map(dies)).toEqual([0, 1000, 1000, 2000, 3000]);
  expect(dies(60_000)).toBe(0);
  expect(dies(1)).toBe(1000);
});

it('never gives one up', () => {
  const restarts = new Restarts();
  for (let death = 0; death < 100; death += 1) {
    restarts.started(1);
    vi.advanceTimersByTime(59_999);
    expect(restarts.delayMs(1)).toBeGreaterThanOrEqual(0);
  }
});

it('keeps front ends apart', () => {
  const restarts = new Restarts();
  for (const number of [1, 2]) restarts.started(number);
  expect([restarts.delayMs(1), restarts.delayMs(2), restarts.delayMs(1)]).toEqual([0, 0, 1000]);
});
