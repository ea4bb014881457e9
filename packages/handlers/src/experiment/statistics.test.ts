import { expect, it } from 'vitest';
import type { ArmCounts } from './experiment-store.ts';
import { intervalOf, probabilitiesOfBest, regretOf, studentT } from './statistics.ts';

const coin = (rewards: number, sum: number): ArmCounts => ({
  arm: 'a',
  requests: rewards,
  rewards,
  sum,
  squares: sum,
  binary: rewards,
});

const of = (...values: number[]): ArmCounts => ({
  arm: 'a',
  requests: values.length,
  rewards: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  squares: values.reduce((sum, value) => sum + value * value, 0),
  binary: 0,
});

it("gives Wilson's interval of rewards that are 0 and 1", () => {
  // statsmodels: proportion_confint(8, 10, method='wilson')
  const interval = intervalOf(coin(10, 8));
  expect(interval?.method).toBe('wilson');
  expect(interval?.low).toBeCloseTo(0.490162, 5);
  expect(interval?.high).toBeCloseTo(0.943318, 5);
  expect(intervalOf(coin(5, 0))).toMatchObject({ low: 0 });
  expect(intervalOf(coin(5, 5))).toMatchObject({ high: 1 });
});

it("gives Student's interval of others, from two on", () => {
  // scipy.stats.t.interval(0.95, 4, loc=3, scale=0.70710678)
  const interval = intervalOf(of(1, 2, 3, 4, 5));
  expect(interval?.method).toBe('t');
  expect(interval?.low).toBeCloseTo(1.036757, 2);
  expect(interval?.high).toBeCloseTo(4.963243, 2);
  expect(intervalOf(of(0.5))).toBeUndefined();
  expect(intervalOf(coin(0, 0))).toBeUndefined();
});

it.each([
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [5, 2.571],
  [30, 2.042],
])("knows Student's t of %i degrees", (degrees, t) => {
  expect(Math.abs(studentT(degrees) - t)).toBeLessThan(0.005);
});

it('says how probable it is that an arm is best', () => {
  const [one = 0, other = 0] = probabilitiesOfBest([coin(1, 0), coin(1, 1)]) ?? [];
  expect(Math.abs(one - 1 / 6)).toBeLessThan(0.02);
  expect(one + other).toBeCloseTo(1, 9);
  expect(probabilitiesOfBest([of(100, 101, 102), of(1, 2, 3)])?.[0]).toBeGreaterThan(0.99);
  expect(probabilitiesOfBest([of(100, 101, 102), coin(0, 0)])).toBeUndefined();
  expect(probabilitiesOfBest([of(0.2, 0.4), coin(0, 0)], [0, 1])?.[1]).toBeGreaterThan(0.4);
});

it('says what the other arms have cost', () => {
  expect(regretOf([coin(10, 2), coin(10, 8), coin(0, 0)])).toBeCloseTo(6, 9);
  expect(regretOf([coin(0, 0)])).toBe(0);
});
