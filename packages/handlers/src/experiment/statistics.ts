/** What rewards say of arms. */
import { SeededRandom } from '../explain/random.ts';
import type { ArmCounts } from './experiment-store.ts';
import { betaWorth, normalWorth } from './bandits/thompson-sampling.ts';
import { scaled } from './bandits/bandit.ts';

/** Of the probability 0.975. */
const Z = 1.959963984540054;

/** Between which bounds the mean reward of an arm is, in 95 of 100 experiments. */
export interface Interval {
  /** How it was found: Wilson's score for rewards of 0 and 1, Student's t for others. */
  readonly method: 'wilson' | 't';
  /** Of the interval. */
  readonly low: number;
  /** Of the interval. */
  readonly high: number;
}

/** Undefined where there are too few rewards for one. */
export function intervalOf({ rewards, sum, squares, binary }: ArmCounts): Interval | undefined {
  if (rewards === 0) return undefined;
  const mean = sum / rewards;
  if (binary === rewards) {
    const middle = (mean + (Z * Z) / (2 * rewards)) / (1 + (Z * Z) / rewards);
    const half = (Z * Math.sqrt((mean * (1 - mean) + (Z * Z) / (4 * rewards)) / rewards)) / (1 + (Z * Z) / rewards);
    return { method: 'wilson', low: Math.max(middle - half, 0), high: Math.min(middle + half, 1) };
  }
  if (rewards < 2) return undefined;
  const variance = Math.max(squares - rewards * mean * mean, 0) / (rewards - 1);
  const half = studentT(rewards - 1) * Math.sqrt(variance / rewards);
  return { method: 't', low: mean - half, high: mean + half };
}

/** The quantile 0.975 of Student's t. Abramowitz, Stegun: 26.7.5; exact for 1 and 2 degrees of freedom. */
export function studentT(degrees: number): number {
  if (degrees === 1) return Math.tan(0.475 * Math.PI);
  if (degrees === 2) return 0.95 * Math.sqrt(2 / (4 * 0.975 * 0.025));
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92_160,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), Z);
}

const DRAWS = 10_000;
const FLAT = { alpha: 1, beta: 1 };
/** Hardly anything is believed before. */
const VAGUE = { mean: 0, variance: 1e-9, count: 1e-9 };

/**
 * How probable it is that each arm has the greatest mean reward, by 10,000 samples of what they may be worth; undefined where an arm
 * has too few rewards for that.
 * @param range in which rewards are, where that is known
 */
export function probabilitiesOfBest(
  arms: readonly ArmCounts[],
  range?: readonly [number, number],
): number[] | undefined {
  const isBinary = arms.every(({ rewards, binary }) => binary === rewards);
  const bounds = isBinary ? ([0, 1] as const) : range;
  if (bounds === undefined && arms.some(({ rewards }) => rewards < 2)) return undefined;
  const random = new SeededRandom(1);
  const worth = (arm: ArmCounts) =>
    bounds === undefined ? normalWorth(arm, VAGUE, random) : betaWorth(scaled(arm, bounds), FLAT, random);
  const won = arms.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const worths = arms.map(worth);
    const best = worths.indexOf(Math.max(...worths));
    won[best] = (won[best] ?? 0) + 1;
  }
  return won.map((count) => count / DRAWS);
}

/** How much more the best arm so far would have brought in place of the others; 0 where nothing is known. */
export function regretOf(arms: readonly ArmCounts[]): number {
  const known = arms.filter(({ rewards }) => rewards > 0);
  const best = Math.max(...known.map(({ sum, rewards }) => sum / rewards));
  return known.reduce((regret, { sum, rewards }) => regret + rewards * best - sum, 0);
}
