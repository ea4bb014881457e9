/** How long a worker that died waits before it is started again; TorchServe's back-off. */

const BACK_OFF_SECONDS = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597];

/** How often a worker failed, and since when. */
export interface FailureHistory {
  /** Failures in a row, ≥ 1. */
  readonly failures: number;
  /** Clock readings in milliseconds: the first of these failures, and now. */
  readonly firstFailureAt: number;
  /** The reading now, of the same clock. */
  readonly now: number;
  /** How long after the first failure restarting goes on, in milliseconds (`maxRetryTimeoutInSec`). */
  readonly windowMs: number;
}

/** Milliseconds until the next start; undefined to give up. */
export function restartDelayMs(history: FailureHistory): number | undefined {
  if (history.now - history.firstFailureAt >= history.windowMs) return undefined;
  const step = Math.min(history.failures, BACK_OFF_SECONDS.length) - 1;
  return (BACK_OFF_SECONDS[step] ?? 0) * 1000;
}
