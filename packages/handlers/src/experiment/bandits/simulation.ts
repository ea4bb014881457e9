/** A bandit against arms whose mean rewards are known: what it loses against the best of them, beside what its authors have proved. */
import { SeededRandom } from '../../explain/random.ts';
import type { ArmCounts } from '../experiment-store.ts';
import type { Bandit } from './bandit.ts';

/** What is simulated. */
export interface Simulation {
  /** What chooses. */
  readonly bandit: Bandit;
  /** Mean reward of each arm, whose rewards are 0 and 1. */
  readonly means: readonly number[];
  /** Number of choices. */
  readonly horizon: number;
  /** Another one gives other rewards. */
  readonly seed: number;
}

/** @returns the pseudo-regret: of each choice, how much less its arm is worth than the best one */
export function simulatedRegret({ bandit, means, horizon, seed }: Simulation): number {
  const random = new SeededRandom(seed);
  const best = Math.max(...means);
  const arms: ArmCounts[] = means.map((_, arm) => ({
    arm: String(arm),
    requests: 0,
    rewards: 0,
    sum: 0,
    squares: 0,
    binary: 0,
  }));
  let regret = 0;
  for (let step = 0; step < horizon; step += 1) {
    const place = bandit(arms, random);
    const arm = arms[place] as ArmCounts;
    const mean = means[place] ?? 0;
    const reward = random.next() < mean ? 1 : 0;
    regret += best - mean;
    const { requests, rewards, sum } = arm;
    arms[place] = {
      ...arm,
      requests: requests + 1,
      rewards: rewards + 1,
      sum: sum + reward,
      squares: sum + reward,
      binary: rewards + 1,
    };
  }
  return regret;
}

/** Distances of the arms that are not best. */
function gaps(means: readonly number[]): number[] {
  const best = Math.max(...means);
  return means.map((mean) => best - mean).filter((gap) => gap > 0);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Auer, Cesa-Bianchi, Fischer 2002, theorem 1. */
export function ucb1Bound(means: readonly number[], horizon: number): number {
  const all = gaps(means);
  return 8 * sum(all.map((gap) => Math.log(horizon) / gap)) + (1 + Math.PI ** 2 / 3) * sum(all);
}

/**
 * Kaufmann, Korda, Munos 2012 and Agrawal, Goyal 2013, theorem 1, of which the constant is left open: (1 + ε) Σ ln n · Δ / KL + C. Here
 * ε is 1, and C is what an arm costs that is chosen `1/Δ²` times before anything is known.
 */
export function thompsonBound(means: readonly number[], horizon: number): number {
  const best = Math.max(...means);
  const terms = means
    .filter((mean) => mean < best)
    .map((mean) => (2 * (best - mean) * Math.log(horizon)) / divergence(mean, best) + 1 / (best - mean));
  return sum(terms);
}

/** Kullback and Leibler's, of two coins. */
function divergence(p: number, q: number): number {
  const part = (x: number, y: number) => (x === 0 ? 0 : x * Math.log(x / y));
  return part(p, q) + part(1 - p, 1 - q);
}

/**
 * Auer, Cesa-Bianchi, Fischer 2002, theorem 3: how probable it is at most that an arm which is not best is chosen at a step, summed
 * over all steps; before `c K / d` steps, that is at most 1.
 */
export function decayingEpsilonBound(
  means: readonly number[],
  horizon: number,
  { c, d }: { readonly c: number; readonly d: number },
): number {
  const all = gaps(means);
  const count = means.length;
  let expected = 0;
  for (let n = 1; n <= horizon; n += 1) {
    const ratio = ((n - 1) * d * d * Math.sqrt(Math.E)) / (c * count);
    const probability =
      n < (c * count) / d || ratio <= 1
        ? 1
        : c / (d * d * n) +
          2 * (c / (d * d)) * Math.log(ratio) * (1 / ratio) ** (c / (5 * d * d)) +
          ((4 * Math.E) / (d * d)) * (1 / ratio) ** (c / 2);
    expected += Math.min(probability, 1);
  }
  return expected * sum(all);
}

/** A fixed share of choices is by chance: that much is always lost, ε · mean Δ · n; and what it takes to find the best arm by them. */
export function fixedEpsilonBound(means: readonly number[], horizon: number, epsilon: number): number {
  const all = gaps(means);
  const count = means.length;
  // An arm that is not best is taken for it until both have about 8 ln n / Δ² rewards, of which ε / K come at each step.
  const finding = sum(all.map((gap) => (gap * 8 * Math.log(horizon) * count) / (epsilon * gap * gap)));
  return (epsilon * horizon * sum(all)) / count + finding;
}
