/** The Open Inference Protocol over gRPC with raw tensors, small and large. */
import { startGrpc, startGrpcLimit } from '../grpc-prediction.ts';
import type { Scenario } from '../scenario.ts';

const TINY = { model: 'tiny', connections: 8, streams: 8 } as const;
const LARGE = { model: 'pool', connections: 8, streams: 1 } as const;
const goalsOf = (atLeast: number) => [{ metric: 'throughput', compare: 'ratio', atLeast }] as const;

export const oipGrpc: readonly Scenario[] = [
  {
    name: 'oip-grpc-raw-tiny',
    title: 'ModelInfer with raw tensors: tiny model, 8 connections of 8 streams, batches of up to 32',
    limit: { label: 'bare grpc-js', start: (bench) => startGrpcLimit(bench, TINY) },
    marserve: { label: 'marserve', start: (bench) => startGrpc(bench, TINY, { batch_size: 32 }) },
    goals: goalsOf(0.6),
  },
  {
    name: 'oip-grpc-raw-600k',
    title: 'ModelInfer with raw tensors: 600 KB, 8 connections, batches of up to 8',
    limit: { label: 'bare grpc-js that reads them', start: (bench) => startGrpcLimit(bench, LARGE) },
    marserve: { label: 'marserve', start: (bench) => startGrpc(bench, LARGE, { batch_size: 8 }) },
    goals: goalsOf(0.45),
  },
];
