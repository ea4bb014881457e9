/** What a canary must not do. */
import { p99Of, slowerThan } from './latencies.ts';
import type { Tallies, Tally } from './tally.ts';

/** Bounds; undefined ones are not held. */
export interface Guards {
  /** Failures of the canary alone, of its requests. */
  readonly maxErrorRate: number;
  /** By how much that may be above stable's. */
  readonly maxErrorRateIncrease?: number | undefined;
  /** 99 of 100 answers come in that time. */
  readonly maxP99Ms?: number | undefined;
  /** By which factor that may be above stable's. */
  readonly maxP99Ratio?: number | undefined;
  /** Requests of the canary without which a step does not end. */
  readonly minRequests: number;
}

/**
 * Which bound is broken, with the numbers; undefined for none. Before there are `minRequests`, a bound is broken when it would be
 * even if all that are left to them went well: so nothing is held against few requests, and nothing waits that is sure.
 */
export function brokenGuard(guards: Guards, { canary, stable }: Tallies): string | undefined {
  const { maxErrorRate, maxErrorRateIncrease = Infinity, maxP99Ms, maxP99Ratio, minRequests } = guards;
  const requests = Math.max(canary.requests, minRequests);
  const errors = ownErrors(canary, stable);
  const rate = errors / requests;
  const told = `${Math.ceil(errors)} of ${canary.requests} requests failed`;
  if (rate > maxErrorRate) return `${told}: max_error_rate is ${maxErrorRate}`;
  const stableRate = stable.requests === 0 ? 0 : stable.failed / stable.requests;
  if (rate - stableRate > maxErrorRateIncrease) {
    return `${told}, and ${stable.failed} of ${stable.requests} of stable: max_error_rate_increase is ${maxErrorRateIncrease}`;
  }
  const isSlow = (limitMs: number) => slowerThan(canary.latencies, limitMs) > requests / 100;
  if (maxP99Ms !== undefined && isSlow(maxP99Ms)) return `p99 is ${msText(canary)}: max_p99_ms is ${maxP99Ms}`;
  const stableP99 = stable.requests < minRequests ? undefined : p99Of(stable.latencies);
  if (maxP99Ratio !== undefined && stableP99 !== undefined && isSlow(maxP99Ratio * stableP99)) {
    return `p99 is ${msText(canary)}, and ${msText(stable)} of stable: max_p99_ratio is ${maxP99Ratio}`;
  }
  return undefined;
}

/** What clients do wrong, they do to both arms alike: more than stable refuses is the canary's fault. */
export function ownErrors(canary: Tally, stable: Tally): number {
  const refusedRate = stable.requests === 0 ? 0 : stable.refused / stable.requests;
  return canary.failed + Math.max(0, canary.refused - refusedRate * canary.requests);
}

function msText({ latencies }: Tally): string {
  return `${(p99Of(latencies) ?? 0).toFixed(1)} ms`;
}
