/** Whether a second worker is worth a second core. */
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'medium', body: 'json', connections: 8 } as const;

export const twoWorkers: Scenario = {
  name: 'two-workers',
  title: 'medium model, two workers (one thread each), 8 connections',
  limit: { label: 'marserve with one worker', start: (bench) => startPredictions(bench, LOAD) },
  marserve: {
    label: 'marserve with two workers',
    start: (bench) => startPredictions(bench, LOAD, { initial_workers: 2 }),
  },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 1.85 }],
};
