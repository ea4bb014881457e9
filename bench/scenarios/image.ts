/**
 * Photographs: decoding and scaling them takes longer than the model, and uses both cores only for several at once. All
 * clients ask again as soon as they are answered; without a delay, a batch of the one that was last would go ahead of the
 * seven others each time.
 */
import { startBestLoop } from '../limits/loop.ts';
import { startPredictions } from '../prediction.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { model: 'image', body: 'jpeg', connections: 8 } as const;
const BATCH = { batch_size: 8, max_batch_delay: 100 };

export const image: Scenario = {
  name: 'image',
  title: 'JPEG → image_classifier → five best classes, 8 connections, batches of up to 8, max_batch_delay 100',
  limit: {
    label: `sharp, preprocessing and session.run in a loop, best batch ≤ ${BATCH.batch_size}`,
    start: (bench) => startBestLoop(bench, 'image', BATCH.batch_size),
  },
  marserve: { label: 'marserve', start: (bench) => startPredictions(bench, LOAD, BATCH) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.9 }],
};
