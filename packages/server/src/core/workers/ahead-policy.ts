/**
 * When a batch may be on its way to a worker that still computes another: the way takes most of the time between two batches of
 * a quick model, and a tenth of it between two of 4 ms. See docs/benchmarks.md for what it gains.
 */

/** Before what is on its way, a worker should be done in about this time. */
const AHEAD_MS = 2;
const MOST = 16;

/** What has waited for its turn for so long is taken back when another worker is idle; a worker that is so late with a batch is sent no more. */
export const RECALL_AFTER_MS = 4;

/** What is known of a busy worker; times in milliseconds. */
export interface BusyWorker {
  /** What a batch takes it; Infinity when that is not known. */
  readonly batchMs: number;
  /** For how long it has computed its present batch. */
  readonly turnMs: number;
  /** Batches that it has, the present one included. */
  readonly inFlight: number;
}

/** In how many milliseconds it may be sent one more; Infinity when not before it has answered. */
export function aheadDelayMs({ batchMs, turnMs, inFlight }: BusyWorker): number {
  const most = Math.min(MOST, Math.max(1, Math.floor(AHEAD_MS / batchMs)));
  if (inFlight > most || turnMs > batchMs + RECALL_AFTER_MS) return Infinity;
  return Math.max(0, batchMs - AHEAD_MS - turnMs);
}
