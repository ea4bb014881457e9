/**
 * The event-loop delay of a daemon, from its own metrics: the longest time between two turns of a timer of 10 ms since the
 * last look, so an idle daemon shows 10 ms.
 */
import type { Daemon } from './daemon.ts';
import { send } from './http.ts';

const NAME = 'nodejs_eventloop_lag_max_seconds';

/** Milliseconds; begins anew with each call. @throws Error when the metric is not there */
export async function takeLoopDelay({ metrics }: Daemon): Promise<number> {
  const text = await send(`${metrics}/metrics`);
  const value = new RegExp(`^${NAME} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`the server's metrics have no ${NAME}`);
  return Number(value) * 1000;
}
