import { expect, it } from 'vitest';
import { RecentCounts } from './recent-counts.ts';

it('sums each column, over the time since it began', () => {
  const counts = new RecentCounts(2, 1000);
  counts.add(0, 2000);
  counts.add(0, 8000);
  counts.add(1, 8000);
  expect(counts.read(11_000)).toEqual({ counts: [2, 1], seconds: 10 });
});

it('is no rate of less than a second', () => {
  const counts = new RecentCounts(1, 1000);
  counts.add(0, 1001);
  expect(counts.read(1001)).toEqual({ counts: [1], seconds: 1 });
});

it('forgets five seconds at a time what is older than a minute', () => {
  const counts = new RecentCounts(1, 0);
  for (const now of [1000, 4000, 6000]) counts.add(0, now);
  expect(counts.read(59_999)).toEqual({ counts: [3], seconds: 59.999 });
  expect(counts.read(60_000)).toEqual({ counts: [1], seconds: 55 });
  expect(counts.read(65_000)).toEqual({ counts: [0], seconds: 55 });
});

it('counts anew where a minute, or many, have gone', () => {
  const counts = new RecentCounts(2, 0);
  counts.add(0, 1000);
  counts.add(1, 1000);
  counts.add(1, 61_000);
  expect(counts.read(61_000).counts).toEqual([0, 1]);
  counts.add(0, 3_601_000);
  expect(counts.read(3_601_000).counts).toEqual([1, 0]);
});
