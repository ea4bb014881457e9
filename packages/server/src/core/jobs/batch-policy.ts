/** When a batch leaves: greedy and work-conserving, unless it was told to wait for company. */

/** What waits, and since when. */
export interface BatchSituation {
  /** Jobs that wait. */
  readonly waiting: number;
  /** Largest batch, ≥ 1. */
  readonly batchSize: number;
  /** Longest wait for company of the first job, in milliseconds; 0 never waits. */
  readonly maxBatchDelayMs: number;
  /** Arrival of the first job, and the time now, by the same clock in milliseconds. */
  readonly firstArrivedAt: number;
  /** The time now, by the clock of `firstArrivedAt`. */
  readonly now: number;
}

/** Take `size` jobs now, or look again in `delayMs`. */
export type BatchDecision =
  | { readonly kind: 'take'; readonly size: number }
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'nothing' };

/** What an idle worker should do about a queue. */
export function nextBatch(situation: BatchSituation): BatchDecision {
  const { waiting, batchSize, maxBatchDelayMs, firstArrivedAt, now } = situation;
  if (waiting === 0) return { kind: 'nothing' };
  const left = firstArrivedAt + maxBatchDelayMs - now;
  if (waiting >= batchSize || left <= 0) return { kind: 'take', size: Math.min(waiting, batchSize) };
  return { kind: 'wait', delayMs: left };
}

/** What waits, and for how many. */
export interface SharedSituation extends Pick<BatchSituation, 'waiting' | 'batchSize'> {
  /** Workers that take jobs, the idle one included; ≥ 1. */
  readonly workers: number;
}

/** What an idle worker should do where nobody said a size: it waits for no company, and leaves other workers their part. */
export function sharedBatch({ waiting, batchSize, workers }: SharedSituation): BatchDecision {
  if (waiting === 0) return { kind: 'nothing' };
  return { kind: 'take', size: Math.min(batchSize, Math.ceil(waiting / workers)) };
}
