/** How much of the machine a model of this size gets; batches do not make it quicker. */
import { startBestLoop } from '../limits/loop.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'medium', body: 'json', connections: 8 } as const;

export const medium: Scenario = {
  name: 'medium',
  title: 'medium model (about 5 ms on one core), 8 connections',
  limit: { label: 'session.run in a loop, same threads', start: (bench) => startBestLoop(bench, 'medium', 1) },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.95 }],
};
