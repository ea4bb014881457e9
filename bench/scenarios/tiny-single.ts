/** The server's own work for each request, with a trip to the worker for each. */
import { startBareHttpLoad } from '../limits/bare-http.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'tiny', body: 'json', connections: 64 } as const;

export const tinySingle: Scenario = {
  name: 'tiny-single',
  title: 'tiny model, JSON in and out, 64 connections, batch size 1',
  limit: { label: 'bare node:http', start: (bench) => startBareHttpLoad(bench, LOAD) },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD, { batch_size: 1 }) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.45 }],
};
