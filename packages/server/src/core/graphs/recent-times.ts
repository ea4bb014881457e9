/** How long something took in the last minute, and how often it failed: quantiles within a tenth, in little memory. */
import { RecentCounts } from './recent-counts.ts';

/** The first bucket ends here, in milliseconds; each of the others is a quarter of a doubling longer: the last ends at two minutes. */
const LEAST_MS = 0.01;
const PER_DOUBLING = 4;
const BUCKETS = 96;
/** Behind the buckets. */
const FAILED = BUCKETS;

/** Of the last minute. */
export interface TimesOfMinute {
  /** How often a second. */
  readonly perSecond: number;
  /** How often. */
  readonly recentRequests: number;
  /** How many of them failed. */
  readonly recentFailures: number;
  /** Half took no longer, in milliseconds; undefined where there are none. */
  readonly p50Ms?: number | undefined;
  /** All but one in a hundred took no longer. */
  readonly p99Ms?: number | undefined;
}

/** Of one thing. */
export class RecentTimes {
  readonly #counts: RecentCounts;

  constructor(now: number) {
    this.#counts = new RecentCounts(BUCKETS + 1, now);
  }

  /** It took so long. */
  add(ms: number, hasFailed: boolean, now: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(ms, LEAST_MS) / LEAST_MS) * PER_DOUBLING);
    this.#counts.add(Math.min(bucket, BUCKETS - 1), now);
    if (hasFailed) this.#counts.add(FAILED, now);
  }

  /** What is known of the last minute. */
  read(now: number): TimesOfMinute {
    const { counts, seconds } = this.#counts.read(now);
    const buckets = counts.slice(0, BUCKETS);
    const total = buckets.reduce((sum, count) => sum + count, 0);
    const quantile = (share: number) => (total === 0 ? undefined : quantileOf(buckets, share * total));
    return {
      perSecond: total / seconds,
      recentRequests: total,
      recentFailures: counts[FAILED] ?? 0,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  }
}

/** The middle of the bucket that has it. */
function quantileOf(buckets: readonly number[], rank: number): number {
  let seen = 0;
  const bucket = buckets.findIndex((count) => (seen += count) >= rank);
  return LEAST_MS * 2 ** ((bucket - 0.5) / PER_DOUBLING);
}
