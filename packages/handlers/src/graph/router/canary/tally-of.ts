/** One request as it counts for or against its arm. */
import type { RouteOutcome } from '../router-policy.ts';
import { latencyClass } from './latencies.ts';
import { NO_TALLY, type Tally } from './tally.ts';

/** Too many requests are the server's matter. */
const NOT_THE_CLIENTS = [408, 429];

/** @param outcome of an arm */
export function tallyOf({ ms, error, isGone, isRescued }: RouteOutcome): Tally {
  const took = { ...NO_TALLY, requests: 1, latencies: { [latencyClass(ms)]: 1 } };
  // One that is left before its answer took at least so long.
  if (error === undefined || isGone === 'left') return took;
  const failed = { ...NO_TALLY, requests: 1 };
  // What neither arm can answer is no fault of the canary.
  if (isRescued !== undefined) return { ...failed, failed: isRescued ? 1 : 0 };
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  const isClients = isGone === 'late' || (status >= 400 && status < 500 && !NOT_THE_CLIENTS.includes(status));
  return isClients ? { ...failed, refused: 1 } : { ...failed, failed: 1 };
}
