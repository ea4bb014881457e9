/** Mostly the best arm so far, and any other by chance now and then. */
import type { ArmCounts } from '../experiment-store.ts';
import { greatest, type Bandit } from './bandit.ts';

/** How much is explored. */
export interface EpsilonGreedyOptions {
  /** Probability that an arm is chosen by chance, from 0 to 1; of `decay` the greatest. */
  readonly epsilon: number;
  /** It becomes less, as `c · arms / (d² · rewards)`: εₙ-GREEDY. `d` is at most the distance between the best arm and the next. */
  readonly decay?: { readonly c: number; readonly d: number } | undefined;
  /** What an arm is worth of which nothing is known. */
  readonly initial: number;
}

/** Auer, Cesa-Bianchi, Fischer: Finite-time Analysis of the Multiarmed Bandit Problem, 2002, figure 3. */
export function epsilonGreedy({ epsilon, decay, initial }: EpsilonGreedyOptions): Bandit {
  return (arms, random) => {
    const rewards = arms.reduce((count, arm) => count + arm.rewards, 0);
    const share = decay === undefined ? epsilon : Math.min(epsilon, (decay.c * arms.length) / (decay.d ** 2 * rewards));
    if (random.next() < share) return random.below(arms.length);
    return greatest(arms.map(meanOf), random);
  };

  function meanOf({ rewards, sum }: ArmCounts): number {
    return rewards === 0 ? initial : sum / rewards;
  }
}
