/** What a worker takes beyond its model. */
import type { Bench } from '../bench.ts';
import { serve } from '../daemon.ts';
import { measureNodeMemory, SESSION } from '../limits/node.ts';
import { settledMemory } from '../memory.ts';
import { checkPrediction } from '../prediction.ts';
import type { Probe, Scenario } from '../scenario.ts';

export const memoryWorker: Scenario = {
  name: 'memory-worker',
  title: 'resident memory of a worker with the tiny model, after one prediction',
  limit: { label: 'node with the same session', start: startLimit },
  marserve: { label: 'marserve', start: startSide },
  goals: [{ metric: 'memory', compare: 'difference', atMost: -9 }],
  probeSeconds: 2,
};

async function startLimit(bench: Bench): Promise<Probe> {
  const file = await bench.modelFile('tiny');
  return () => measureNodeMemory(bench, SESSION, [file, '4']);
}

async function startSide(bench: Bench): Promise<Probe> {
  return async () => {
    const daemon = await serve(bench, 'tiny');
    await checkPrediction(bench, daemon, { model: 'tiny', body: 'json' });
    const [worker = 0] = await daemon.workerPids('tiny');
    const memory = await settledMemory(worker);
    await daemon.close();
    return { memory };
  };
}
