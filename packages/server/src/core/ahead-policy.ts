/**
 * How many batches may be on their way to a worker while it still computes another: with small batches of a quick model, most
 * of the time between two of them is the way. See docs/benchmarks.md for what it gains.
 */

/** What is on its way should be done in about this time. */
const AHEAD_MS = 2;
const MOST = 16;

/**
 * A worker that computes the same batch for so long is not sent more, and what it was sent is taken back: the batch is none
 * of the quick ones.
 */
export const PATIENCE_MS = 4;

/** So much is in the worker's socket at once: what is said behind it, such as that it is taken back, is not held up. */
export const MOST_BYTES = 64 * 1024;

/** @param batchMs time that a batch takes in its worker; Infinity when it is not known */
export function batchesAhead(batchMs: number): number {
  return Math.min(MOST, Math.floor(AHEAD_MS / batchMs));
}
