/** Photographs: decoding and scaling them takes longer than the model. */
import { startBestLoop } from '../limits/loop.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'image', body: 'jpeg', connections: 8 } as const;
const BATCH = 8;

export const image: Scenario = {
  name: 'image',
  title: 'JPEG → image_classifier → five best classes, 8 connections, batches of up to 8',
  limit: {
    label: `sharp, preprocessing and session.run in a loop, best batch ≤ ${BATCH}`,
    start: (bench) => startBestLoop(bench, 'image', BATCH),
  },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD, { batch_size: BATCH }) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.9 }],
};
