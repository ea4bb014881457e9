/** What came of the requests of an arm. */
import type { Latencies } from './latencies.ts';

/** Counts, which those of several workers are added to. */
export interface Tally {
  /** All requests, those included that nobody waited for in the end. */
  readonly requests: number;
  /** Those that the arm alone is to blame for. */
  readonly failed: number;
  /** Those that may be the client's fault: statuses of the client's, and those whose time was over. */
  readonly refused: number;
  /** Of answers, and of those that nobody waited for. */
  readonly latencies: Latencies;
}

/** Both arms. */
export interface Tallies {
  /** Since the canary began. */
  readonly stable: Tally;
  /** Since its step began. */
  readonly canary: Tally;
}

/** Of no request. */
export const NO_TALLY: Tally = { requests: 0, failed: 0, refused: 0, latencies: {} };

/** Of neither arm. */
export const NO_TALLIES: Tallies = { stable: NO_TALLY, canary: NO_TALLY };

/** The sum of two. */
export function added(one: Tally, other: Tally): Tally {
  const latencies: Record<string, number> = { ...one.latencies };
  for (const [name, count] of Object.entries(other.latencies)) latencies[name] = (latencies[name] ?? 0) + count;
  return {
    requests: one.requests + other.requests,
    failed: one.failed + other.failed,
    refused: one.refused + other.refused,
    latencies,
  };
}

/** The sums of both arms. */
export function addedTallies(one: Tallies, other: Tallies): Tallies {
  return { stable: added(one.stable, other.stable), canary: added(one.canary, other.canary) };
}
