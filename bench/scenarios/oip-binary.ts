/** The Open Inference Protocol with tensors as bytes: small ones, whose cost is the protocol's, and large ones, whose cost is their way. */
import { startOip, startOipLimit } from '../oip-prediction.ts';
import type { Scenario } from '../scenario.ts';

const TINY = { model: 'tiny', connections: 64 } as const;
const LARGE = { model: 'pool', connections: 8 } as const;
const goalsOf = (atLeast: number) => [{ metric: 'throughput', compare: 'ratio', atLeast }] as const;

export const oipBinary: readonly Scenario[] = [
  {
    name: 'oip-binary-tiny',
    title: 'Open Inference Protocol, binary tensors: tiny model, 64 connections, batches of up to 32',
    limit: { label: 'bare node:http', start: (bench) => startOipLimit(bench, TINY) },
    marserve: { label: 'marserve', start: (bench) => startOip(bench, TINY, { batch_size: 32 }) },
    goals: goalsOf(0.6),
  },
  {
    name: 'oip-binary-600k',
    title: 'Open Inference Protocol, binary tensors: 600 KB, 8 connections, batches of up to 8',
    limit: { label: 'bare node:http that reads them', start: (bench) => startOipLimit(bench, LARGE) },
    marserve: { label: 'marserve', start: (bench) => startOip(bench, LARGE, { batch_size: 8 }) },
    goals: goalsOf(0.45),
  },
];
