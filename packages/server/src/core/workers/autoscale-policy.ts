/** How many workers a version should have between its least and its greatest number. */

/** What a move is decided by; times are differences of one clock's readings. */
export interface ScaleSituation {
  /** Fewest workers, ≥ 0. */
  readonly min: number;
  /** Most workers, ≥ `min`. */
  readonly max: number;
  /** Workers that were asked for by now. */
  readonly workers: number;
  /** Those of them that are not ready: what they will bring is not known yet. */
  readonly notReady: number;
  /** How long the job has waited that is next, in milliseconds; undefined when none waits. */
  readonly waitedMs: number | undefined;
  /** For how long at least one worker has been idle without a break, in milliseconds. */
  readonly spareMs: number;
  /** See `VersionSettings`. */
  readonly scaleUpWaitMs: number;
  /** See `VersionSettings`. */
  readonly scaleDownIdleMs: number;
}

/** One worker more, or one less. */
export interface ScaleMove {
  /** `up` starts one, `down` retires one. */
  readonly direction: 'up' | 'down';
  /** For the log, a sentence without its end. */
  readonly reason: string;
}

/**
 * One worker more or less, or none. Going up is fast and going down slow, so that it does not swing: a move is judged
 * only when every worker is ready, and a worker goes only after it could have been missed for the whole idle time.
 */
export function nextMove(situation: ScaleSituation): ScaleMove | undefined {
  const { min, max, workers, notReady, waitedMs, spareMs, scaleUpWaitMs, scaleDownIdleMs } = situation;
  if (waitedMs !== undefined && workers === 0 && max > 0) {
    return { direction: 'up', reason: 'a request waits and there is no worker' };
  }
  if (notReady > 0) return undefined;
  if (waitedMs !== undefined && waitedMs >= scaleUpWaitMs && workers < max) {
    return { direction: 'up', reason: `a request has waited for ${Math.round(waitedMs)} ms` };
  }
  if (spareMs >= scaleDownIdleMs && workers > min) {
    return { direction: 'down', reason: `a worker has been idle for ${Math.round(spareMs / 1000)} s` };
  }
  return undefined;
}
