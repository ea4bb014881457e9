/** Which host is next, and how long one that failed is left out. */

/** What is known of a host. */
export interface HostState {
  /** Failures since it worked. */
  failures: number;
  /** Until then it is left out, in milliseconds of the clock. */
  outUntil: number;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** How long a host is left out after so many failures in a row, in milliseconds. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
}

/**
 * The first one behind `start` that is not left out; else that whose time is over first, because a request is better tried than
 * refused.
 * @param states those that may be chosen, at least one
 * @returns its index
 */
export function chooseHost(states: readonly HostState[], start: number, now: number): number {
  let soonest = start % states.length;
  for (let step = 0; step < states.length; step += 1) {
    const index = (start + step) % states.length;
    const { outUntil } = states[index] as HostState;
    if (outUntil <= now) return index;
    if (outUntil < (states[soonest] as HostState).outUntil) soonest = index;
  }
  return soonest;
}
