import { expect, it } from 'vitest';
import { RecentTimes } from './recent-times.ts';

const within = (value: number | undefined, expected: number) => Math.abs((value ?? 0) / expected - 1);

it('knows nothing of what did not happen', () => {
  expect(new RecentTimes(0).read(10_000)).toEqual({ perSecond: 0, recentRequests: 0, recentFailures: 0 });
});

it('has the rate, the failures, and quantiles within a tenth', () => {
  const times = new RecentTimes(0);
  for (let count = 0; count < 98; count += 1) times.add(10, false, 1000);
  times.add(500, true, 1000);
  times.add(500, true, 1000);
  const { perSecond, recentRequests, recentFailures, p50Ms, p99Ms } = times.read(10_000);
  expect([perSecond, recentRequests, recentFailures]).toEqual([10, 100, 2]);
  expect(within(p50Ms, 10)).toBeLessThan(0.1);
  expect(within(p99Ms, 500)).toBeLessThan(0.1);
});

it('takes whatever is shorter or longer than it can tell for the shortest and the longest', () => {
  const [short, long] = [new RecentTimes(0), new RecentTimes(0)];
  for (const ms of [0, 0.001]) short.add(ms, false, 0);
  for (const ms of [1e6, 1e9]) long.add(ms, false, 0);
  expect(short.read(0).p99Ms).toBeLessThanOrEqual(0.01);
  expect(long.read(0).p99Ms).toBeGreaterThan(100_000);
});
