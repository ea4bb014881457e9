/** How much of the machine a model of this size gets; batches do not make it quicker. */
import { startBestLoop } from '../limits/loop.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'large', body: 'raw', connections: 8 } as const;

export const large: Scenario = {
  name: 'large',
  title: 'large model (ResNet-50), 8 connections',
  limit: { label: 'session.run in a loop, same threads', start: (bench) => startBestLoop(bench, 'large', 1) },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.95 }],
};
