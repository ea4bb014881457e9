import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startTimer } from './timer.ts';

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('calls back once, when its time is over', () => {
  const callback = vi.fn<() => void>();
  startTimer(callback, 50);
  vi.advanceTimersByTime(49);
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  expect(callback).toHaveBeenCalledTimes(1);
});

it.each([Infinity, Number.MAX_SAFE_INTEGER, 2 ** 31])('takes %d ms for never, where Node would fire at once', (ms) => {
  const callback = vi.fn<() => void>();
  startTimer(callback, ms);
  vi.advanceTimersByTime(24 * DAY_MS);
  expect(callback).not.toHaveBeenCalled();
});

it('can be cleared', () => {
  const callback = vi.fn<() => void>();
  clearTimeout(startTimer(callback, 50));
  vi.advanceTimersByTime(100);
  expect(callback).not.toHaveBeenCalled();
});
