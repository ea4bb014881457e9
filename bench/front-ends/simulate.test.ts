import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const CLIENTS = { clients: 64, batchSize: 32 };

it('is bound by one front end where workers have time', () => {
  const times = { request: 25, batch: 20, row: 1 };
  const one = simulate(times, { ...CLIENTS, frontEnds: 1, workers: 2 });
  expect(one).toBeGreaterThan(0.95 * 40_000);
  expect(one).toBeLessThanOrEqual(1.01 * 40_000);
  const four = simulate(times, { ...CLIENTS, frontEnds: 4, workers: 4 });
  expect(four / one).toBeGreaterThan(3.8);
});

it('is bound by workers where front ends have time', () => {
  const times = { request: 1, batch: 0, row: 100 };
  for (const workers of [1, 2, 4]) {
    const rate = simulate(times, { ...CLIENTS, frontEnds: 4, workers });
    expect(rate / (workers * 10_000)).toBeCloseTo(1, 1);
  }
});

it('makes batches of what waits', () => {
  const rate = (batchSize: number) =>
    simulate({ request: 1, batch: 100, row: 1 }, { clients: 64, frontEnds: 1, workers: 1, batchSize });
  expect(rate(1) / 9900).toBeCloseTo(1, 1);
  expect(rate(32)).toBeGreaterThan(15 * rate(1));
});
