/** How much of a core the model gets when it is small. */
import { startBestLoop } from '../limits/loop.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'small', body: 'raw', connections: 64 } as const;
const BATCH = 32;

export const small: Scenario = {
  name: 'small',
  title: 'small model (digits), 64 connections, batches of up to 32',
  limit: {
    label: `session.run in a loop, best batch ≤ ${BATCH}`,
    start: (bench) => startBestLoop(bench, 'small', BATCH),
  },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD, { batch_size: BATCH }) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.75 }],
};
