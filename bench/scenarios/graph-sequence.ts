/** What a graph takes beside its nodes. */
import { startAlone, startSequence } from '../graph-prediction.ts';
import type { Scenario } from '../scenario.ts';

const TINY = { model: 'tiny', connections: 64 } as const;

/** A question stands for a whole batch, so that its code, in five processes, runs a thirtieth as often as that of one model, and is compiled as much later. */
const WARM_UP_SECONDS = 40;

/** A third of one model alone is what three of them leave. */
export const graphSequence: Scenario = {
  name: 'graph-sequence',
  title:
    'a sequence of three tiny models, binary tensors, 64 connections, batches of up to 32; a third of one alone would be 0.33 ×',
  limit: { label: 'one tiny model alone', start: (bench) => startAlone(bench, TINY) },
  marserve: { label: 'the graph', start: (bench) => startSequence(bench, TINY) },
  warmUpSeconds: WARM_UP_SECONDS,
  goals: [
    { metric: 'throughput', compare: 'ratio', atLeast: 0.8 / 3 },
    { metric: 'processorTime', compare: 'difference' },
  ],
};
