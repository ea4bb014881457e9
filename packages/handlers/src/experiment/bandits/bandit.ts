/** Multi-armed bandits: which arm is next, of what the rewards so far say. Nothing but the random numbers has a state. */
import type { ArmCounts } from '../experiment-store.ts';
import type { SeededRandom } from '../../explain/random.ts';

/** @param arms at least one @returns the place of the chosen one */
export type Bandit = (arms: readonly ArmCounts[], random: Pick<SeededRandom, 'next' | 'below'>) => number;

/** Of those with the greatest value one, by chance. @param values at least one */
export function greatest(values: readonly number[], random: Pick<SeededRandom, 'below'>): number {
  const most = Math.max(...values);
  const places = values.flatMap((value, place) => (value === most ? [place] : []));
  return places[places.length === 1 ? 0 : random.below(places.length)] ?? 0;
}

/** Counts whose rewards are brought from a range to that from 0 to 1. */
export function scaled(arm: ArmCounts, [least, most]: readonly [number, number]): ArmCounts {
  if (least === 0 && most === 1) return arm;
  const width = most - least;
  const { rewards, sum, squares } = arm;
  return {
    ...arm,
    sum: (sum - rewards * least) / width,
    squares: (squares - 2 * least * sum + rewards * least * least) / (width * width),
  };
}
