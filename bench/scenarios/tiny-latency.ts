/** How long a request takes when it is alone. */
import { startBareHttpLoad } from '../limits/bare-http.ts';
import { startLoop } from '../limits/loop.ts';
import { startPredictions } from '../prediction.ts';
import type { Bench } from '../bench.ts';
import type { Probe, Scenario } from '../scenario.ts';

export const TINY_ALONE = { model: 'tiny', body: 'json', connections: 1 } as const;

export const tinyLatency: Scenario = {
  name: 'tiny-latency',
  title: 'tiny model, JSON in and out, one connection',
  limit: { label: 'p50 of bare node:http + p50 of session.run', start: startLatencyLimit },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, TINY_ALONE) },
  goals: [{ metric: 'p50', compare: 'difference', atMost: 0.17 }],
};

/** The model is measured for a part of the time: it needs little. */
export async function startLatencyLimit(bench: Bench): Promise<Probe> {
  const load = await startBareHttpLoad(bench, TINY_ALONE);
  const loop = await startLoop(bench, TINY_ALONE.model);
  return async (seconds) => {
    const [http, run] = [await load(seconds), await loop.measure(seconds / 4)];
    return { p50: (http.p50 ?? 0) + (run.p50 ?? 0) };
  };
}
