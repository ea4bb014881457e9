/** How many batches may be on their way to a worker while it still computes another. */

/** Above this the time from an answer to the next batch, a fraction of a millisecond, is not worth a word. */
const SLOW_MS = 20;
/** What is on its way should be done in about this time: another worker that is free earlier cannot take it any more. */
const AHEAD_MS = 2;
const MOST = 16;

/** @param batchMs time that a batch takes in its worker; Infinity when it is not known */
export function batchesAhead(batchMs: number): number {
  if (batchMs > SLOW_MS) return 0;
  return Math.min(MOST, Math.max(1, Math.floor(AHEAD_MS / batchMs)));
}
