/** The server's own work for each request, shared by a batch. */
import { startBareHttpLoad } from '../limits/bare-http.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'tiny', body: 'json', connections: 64 } as const;

export const tinyBatched: Scenario = {
  name: 'tiny-batched',
  title: 'tiny model, JSON in and out, 64 connections, batches of up to 32',
  limit: { label: 'bare node:http', start: (bench) => startBareHttpLoad(bench, LOAD) },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD, { batch_size: 32 }) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.75 }],
};
