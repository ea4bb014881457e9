/** Pings beside what is thrown, held to a bound. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '../helpers/daemon.ts';
import { p99, startPings } from '../helpers/pings.ts';
import type { Chaos, ChaosResult } from './scenario.ts';

/** What 99 % of the pings may take. */
const MOST_MS = 100;
/** On a machine that is busy with something else, so much more than they took before anything was thrown. */
const MOST_TIMES = 5;
const QUIET_MS = 1000;

export interface PingWatch {
  /** @returns what was measured, and what should not be */
  stop(): Promise<Pick<ChaosResult, 'facts' | 'problems'>>;
}

/** Resolves when it is known how long pings take before anything is thrown; goes on until it is stopped. */
export async function startPingWatch({ defer }: Pick<Chaos, 'defer'>, daemon: Daemon): Promise<PingWatch> {
  const quiet = startPings(daemon);
  await sleep(QUIET_MS);
  const quietMs = p99(await quiet.stop());
  const pings = startPings(daemon);
  defer(() => pings.stop());
  return {
    async stop() {
      const times = await pings.stop();
      const pingP99Ms = p99(times);
      const mostMs = Math.max(MOST_MS, MOST_TIMES * quietMs);
      const isSlow = !(pingP99Ms <= mostMs);
      return {
        facts: { pings: times.length, pingP99Ms: Math.round(pingP99Ms), quietPingP99Ms: Math.round(quietMs) },
        problems: isSlow ? [`pings take ${Math.round(pingP99Ms)} ms (p99), more than ${Math.round(mostMs)} ms`] : [],
      };
    },
  };
}
