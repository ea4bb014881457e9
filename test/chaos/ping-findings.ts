/** Whether the server answered pings all the while. */
import { p99 } from '../helpers/pings.ts';
import type { ChaosResult, Intensity } from './scenario.ts';

/** The short form runs beside other tests, on machines that may be ten times as busy. */
const P99_MS = { short: 1000, long: 100 };

/** @param times of pings in milliseconds, sorted */
export function pingFindings(times: readonly number[], intensity: Intensity): Pick<ChaosResult, 'facts' | 'problems'> {
  const pingP99Ms = Math.round(p99(times));
  const limit = P99_MS[intensity];
  const isQuick = pingP99Ms <= limit;
  return {
    facts: { pings: times.length, pingP99Ms, slowestPingMs: Math.round(times.at(-1) ?? NaN) },
    problems: isQuick ? [] : [`pings take ${pingP99Ms} ms (p99), more than ${limit} ms`],
  };
}
