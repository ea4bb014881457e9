/** A large input as bytes: what a client gains that does not send text. */
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'pool', connections: 8 } as const;

export const tensorRaw: Scenario = {
  name: 'tensor-raw',
  title: 'a tensor of 600 KB as raw bytes, 8 connections',
  limit: {
    label: 'marserve, the same tensor as JSON',
    start: (bench) => startPredictions(bench, { ...LOAD, body: 'json' }),
  },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, { ...LOAD, body: 'raw' }) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 5 }],
};
