/** A transformer in front of a model: of the same server, and elsewhere. */
import type { Scenario } from '../scenario.ts';
import { startBareProxy, startDigitsAlone, startDigitsLocal, startRemote } from '../transformer-prediction.ts';

const TINY = { model: 'tiny', connections: 64 } as const;
const goalsOf = (atLeast: number) => [{ metric: 'throughput', compare: 'ratio', atLeast }] as const;

export const transformers: readonly Scenario[] = [
  {
    name: 'transformer-local',
    title:
      'a transformer of 28×28 pixels as JSON, its predictor a model of the same server, 64 connections, batches of up to 32',
    limit: { label: 'the same stages and the model in one handler', start: startDigitsAlone },
    marserve: { label: 'a transformer and its local predictor', start: startDigitsLocal },
    goals: goalsOf(0.85),
  },
  {
    name: 'transformer-v2-binary',
    title:
      'a transformer in front of another server by V2 with binary tensors: tiny model, 64 connections, batches of up to 32',
    limit: { label: 'bare node:http as a proxy', start: (bench) => startBareProxy(bench, TINY) },
    marserve: { label: 'a transformer', start: (bench) => startRemote(bench, TINY, 'v2') },
    goals: goalsOf(0.4),
  },
  {
    name: 'transformer-grpc',
    title: 'a transformer in front of another server by gRPC: tiny model, 64 connections, batches of up to 32',
    limit: { label: 'bare node:http as a proxy, over HTTP', start: (bench) => startBareProxy(bench, TINY) },
    marserve: { label: 'a transformer', start: (bench) => startRemote(bench, TINY, 'grpc-v2') },
    goals: goalsOf(0.4),
  },
];
