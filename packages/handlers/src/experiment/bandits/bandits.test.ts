import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../explain/random.ts';
import type { ArmCounts } from '../experiment-store.ts';
import { scaled, type Bandit } from './bandit.ts';
import { epsilonGreedy } from './epsilon-greedy.ts';
import { betaSample, gammaSample, normalSample } from './samples.ts';
import { decayingEpsilonBound, fixedEpsilonBound, simulatedRegret, thompsonBound, ucb1Bound } from './simulation.ts';
import { betaThompsonSampling, gaussianThompsonSampling } from './thompson-sampling.ts';
import { ucb1 } from './ucb1.ts';

const arm = (requests: number, rewards: number, sum: number): ArmCounts => ({
  arm: 'a',
  requests,
  rewards,
  sum,
  squares: sum,
  binary: rewards,
});

/** How often each of two or more arms is chosen. */
function shares(bandit: Bandit, arms: readonly ArmCounts[], seed = 1): number[] {
  const random = new SeededRandom(seed);
  const counts = arms.map(() => 0);
  for (let draw = 0; draw < 2000; draw += 1) {
    const place = bandit(arms, random);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts.map((count) => count / 2000);
}

describe('epsilon_greedy', () => {
  it('chooses the best arm, and any by chance as often as epsilon says', () => {
    const [bad = 0, good = 0] = shares(epsilonGreedy({ epsilon: 0.2, initial: 0 }), [arm(9, 9, 3), arm(9, 9, 6)]);
    expect(bad).toBeCloseTo(0.1, 1);
    expect(good).toBeCloseTo(0.9, 1);
  });

  it('explores less the more rewards there are, where it decays', () => {
    const bandit = epsilonGreedy({ epsilon: 1, decay: { c: 5, d: 0.5 }, initial: 0 });
    expect(shares(bandit, [arm(9, 9, 3), arm(9, 9, 6)])[0]).toBeCloseTo(0.5, 1);
    expect(shares(bandit, [arm(9000, 9000, 3000), arm(9, 9, 6)])[0]).toBeLessThan(0.02);
  });

  it('takes arms without rewards for worth as much as it is told', () => {
    const arms = [arm(0, 0, 0), arm(9, 9, 6)];
    expect(shares(epsilonGreedy({ epsilon: 0, initial: 1 }), arms)).toEqual([1, 0]);
    expect(shares(epsilonGreedy({ epsilon: 0, initial: 0 }), arms)[0]).toBe(0);
  });
});

describe('ucb1', () => {
  const choose = (...arms: ArmCounts[]) => ucb1()(arms, new SeededRandom(1));

  it('chooses arms without rewards first, those with the fewest requests before others', () => {
    expect(choose(arm(3, 0, 0), arm(2, 0, 0), arm(1, 1, 1))).toBe(1);
    expect(choose(arm(1, 1, 1), arm(50, 0, 0))).toBe(1);
  });

  it('chooses the arm with the greatest bound: mean + √(2 ln n / nⱼ)', () => {
    // 0.5 + √(2 ln 110 / 10) = 1.47; 0.9 + √(2 ln 110 / 100) = 1.21
    expect(choose(arm(10, 10, 5), arm(100, 100, 90))).toBe(0);
    // 0.1 + 0.97 = 1.07
    expect(choose(arm(10, 10, 1), arm(100, 100, 90))).toBe(1);
  });
});

describe('thompson_sampling', () => {
  it('chooses each arm as often as it may be the best one', () => {
    // P(Beta(1, 2) > Beta(2, 1)) = 1/6
    const [bad = 0] = shares(betaThompsonSampling({ alpha: 1, beta: 1 }), [arm(1, 1, 0), arm(1, 1, 1)]);
    expect(bad).toBeCloseTo(1 / 6, 1);
    const sure = [arm(1000, 1000, 300), arm(1000, 1000, 700)];
    expect(shares(betaThompsonSampling({ alpha: 1, beta: 1 }), sure)[1]).toBe(1);
  });

  it('believes its prior until there are rewards', () => {
    const bandit = betaThompsonSampling({ alpha: 1000, beta: 1 });
    expect(shares(bandit, [arm(9, 9, 0), arm(100_000, 100_000, 50_000)])[0]).toBe(1);
  });

  it('takes rewards of any size, where it is gaussian', () => {
    const of = (mean: number): ArmCounts => ({
      arm: 'a',
      requests: 50,
      rewards: 50,
      sum: 50 * mean,
      squares: 50 * (mean ** 2 + 100),
      binary: 0,
    });
    const bandit = gaussianThompsonSampling({ mean: 0, variance: 1, count: 1 });
    expect(shares(bandit, [of(-500), of(200)])[1]).toBe(1);
    const [less = 0] = shares(bandit, [of(100), of(101)]);
    expect(less).toBeGreaterThan(0.1);
    expect(less).toBeLessThan(0.5);
  });
});

it('gives the same choices of the same seed', () => {
  const bandit = betaThompsonSampling({ alpha: 1, beta: 1 });
  const arms = [arm(4, 4, 2), arm(4, 4, 3)];
  expect(shares(bandit, arms, 7)).toEqual(shares(bandit, arms, 7));
});

it('brings rewards of a range to that from 0 to 1', () => {
  const counts = { arm: 'a', requests: 2, rewards: 2, sum: 4, squares: 26, binary: 0 };
  expect(scaled(counts, [-1, 9])).toMatchObject({ sum: 0.6, squares: 0.36 });
});

it('draws samples with the mean and the variance of their distributions', () => {
  const random = new SeededRandom(3);
  const moments = (draw: () => number) => {
    const values = Array.from({ length: 20_000 }, draw);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
  };
  const expected: [() => number, number, number][] = [
    [() => normalSample(random), 0, 1],
    [() => gammaSample(0.5, random), 0.5, 0.5],
    [() => gammaSample(4, random), 4, 4],
    [() => betaSample(2, 3, random), 0.4, 0.04],
    [() => betaSample(0.01, 0.01, random), 0.5, 0.25 / 1.02],
  ];
  for (const [draw, mean, variance] of expected) {
    const [found = NaN, spread = NaN] = moments(draw);
    expect(Math.abs(found - mean)).toBeLessThan(0.1);
    expect(Math.abs(spread - variance)).toBeLessThan(0.05 * Math.max(1, 4 * variance));
  }
});

describe('regret', () => {
  const horizon = 3000;
  const decay = { c: 5, d: 0.2 };
  const kinds: [string, Bandit, (means: readonly number[]) => number][] = [
    ['ucb1', ucb1(), (means) => ucb1Bound(means, horizon)],
    ['thompson_sampling', betaThompsonSampling({ alpha: 1, beta: 1 }), (means) => thompsonBound(means, horizon)],
    ['epsilon_greedy', epsilonGreedy({ epsilon: 0.1, initial: 0 }), (means) => fixedEpsilonBound(means, horizon, 0.1)],
    [
      'epsilon_greedy that decays',
      epsilonGreedy({ epsilon: 1, decay, initial: 0 }),
      (means) => decayingEpsilonBound(means, horizon, decay),
    ],
  ];
  it.each(kinds)('of %s is within the bound, and less than that of chance', (_, bandit, bound) => {
    const means = [0.3, 0.5, 0.7];
    const chance = (horizon * (0.4 + 0.2)) / 3;
    const regrets = [1, 2, 3, 4, 5].map((seed) => simulatedRegret({ bandit, means, horizon, seed }));
    const mean = regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length;
    expect(mean).toBeLessThan(bound(means));
    expect(mean).toBeLessThan(0.7 * chance);
  });
});
