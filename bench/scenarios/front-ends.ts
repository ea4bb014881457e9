/** What a second front end costs: on two cores it gains little, and each request goes over a socket that is shared. */
import { startFrontEndLoad } from '../front-ends/load.ts';
import type { Scenario } from '../scenario.ts';

const LOAD = { connections: 128, batchSize: 32 } as const;

export const frontEnds: Scenario = {
  name: 'front-ends',
  title: 'tiny model, JSON, 128 connections, batches of up to 32, two front ends',
  limit: { label: 'marserve in one process', start: (bench) => startFrontEndLoad(bench, { ...LOAD, frontEnds: 1 }) },
  marserve: {
    label: 'marserve with two front ends',
    start: (bench) => startFrontEndLoad(bench, { ...LOAD, frontEnds: 2 }),
  },
  goals: [
    { metric: 'processorTime', compare: 'ratio', atMost: 1.5 },
    { metric: 'throughput', compare: 'ratio', atLeast: 0.8 },
  ],
};
