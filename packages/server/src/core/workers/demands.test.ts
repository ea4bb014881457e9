import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Demands } from './demands.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'], now: 10_000 }));
afterEach(() => void vi.useRealTimers());

it('knows the first arrival of all jobs that wait, wherever they are', () => {
  const demands = new Demands();
  const now = performance.now();
  expect([demands.earliest(undefined), demands.earliest(now)]).toEqual([undefined, now]);
  demands.note(1, { notedAt: now, arrivedAt: now - 30, saturatedAt: -Infinity });
  demands.note(2, { notedAt: now, arrivedAt: now - 50, saturatedAt: -Infinity });
  expect([demands.earliest(undefined), demands.earliest(now - 60)]).toEqual([now - 50, now - 60]);
  demands.note(2, { notedAt: now, saturatedAt: now - 10 });
  expect(demands.earliest(undefined)).toBe(now - 30);
  expect([demands.latestSaturation(now - 20), demands.latestSaturation(now)]).toEqual([now - 10, now]);
});

it('does not believe what a process said that says nothing any more', () => {
  const demands = new Demands();
  const now = performance.now();
  demands.note(1, { notedAt: now, arrivedAt: now - 30, saturatedAt: 0 });
  vi.advanceTimersByTime(999);
  expect(demands.earliest(undefined)).toBe(now - 30);
  vi.advanceTimersByTime(1);
  expect(demands.earliest(undefined)).toBeUndefined();
});
