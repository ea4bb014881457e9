/** How long things are measured, and how often. */
import type { Scenario } from './scenario.ts';

export interface Timing {
  readonly isQuick: boolean;
  /** How often limit and marserve are measured in turn. */
  readonly pairs: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Before the first measurement, for each of the two: a server that answers 200 requests a second takes longest. */
  readonly warmUp: number;
}

export const FULL: Timing = { isQuick: false, pairs: 5, seconds: 4, warmUp: 8 };
export const QUICK: Timing = { isQuick: true, pairs: 2, seconds: 1, warmUp: 1 };

/** How often limit and marserve are measured in turn. */
export function pairsOf({ maxPairs = Infinity }: Scenario, { pairs }: Timing): number {
  return Math.min(pairs, maxPairs);
}

/** How long each of the two is warmed up, in seconds. */
export function warmUpOf({ warmUpSeconds }: Scenario, { isQuick, warmUp }: Timing): number {
  return isQuick ? warmUp : (warmUpSeconds ?? warmUp);
}

/** To start what is measured and to end it. */
const START_SECONDS = 3;

/** About how many seconds a scenario takes. */
export function estimate(scenario: Scenario, timing: Timing): number {
  const { extraSeconds, probeSeconds } = scenario;
  const { isQuick, seconds } = timing;
  const pairs = pairsOf(scenario, timing);
  const extra = extraSeconds?.[isQuick ? 'quick' : 'full'] ?? 0;
  return START_SECONDS + extra + 2 * (pairs * (probeSeconds ?? seconds) + (probeSeconds ?? warmUpOf(scenario, timing)));
}
