/** Random whole numbers, the same in each run of a test. */
import { createRandom } from '../../../../test/helpers/random.ts';

/** For the same seed the same numbers, from 0 to below `below`. */
export function randomNumbers(seed: number): Random {
  const random = createRandom(seed);
  return (below) => random.integer(0, below - 1);
}

export type Random = (below: number) => number;
