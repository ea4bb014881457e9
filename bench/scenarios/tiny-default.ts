/** What somebody gets who sets nothing: batches without asking for them. */
import { startBareHttpLoad } from '../limits/bare-http.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'tiny', body: 'json', connections: 64 } as const;

export const tinyDefault: Scenario = {
  name: 'tiny-default',
  title: 'tiny model, JSON in and out, 64 connections, as it comes',
  limit: { label: 'bare node:http', start: (bench) => startBareHttpLoad(bench, LOAD) },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.75 }],
};
