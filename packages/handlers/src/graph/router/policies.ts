/** The policies of routers by their names. */
import { EPSILON_GREEDY, THOMPSON_SAMPLING, UCB1 } from './bandits.ts';
import { canary } from './canary.ts';
import type { PolicyKind } from './router-policy.ts';
import { shadow } from './shadow.ts';
import { weighted } from './weighted.ts';

/** One line a policy. */
export const POLICIES: Readonly<Record<string, PolicyKind>> = {
  weighted,
  shadow,
  canary,
  epsilon_greedy: EPSILON_GREEDY,
  thompson_sampling: THOMPSON_SAMPLING,
  ucb1: UCB1,
};
