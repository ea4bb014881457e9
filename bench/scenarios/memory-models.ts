/** What three tiny models take with the server and their workers, what they share counted once. */
import type { Bench } from '../bench.ts';
import { SESSION, startNode } from '../limits/node.ts';
import { runLoad } from '../load.ts';
import { treeMemory } from '../peer-run/process-tree.ts';
import type { Probe, Scenario } from '../scenario.ts';
import { startThreeModels } from '../three-models.ts';

const MODELS = 3;
/** Of load, for each model. */
const SECONDS = 2;

export const memoryModels: Scenario = {
  name: 'memory-models',
  title: 'proportional memory of the server and the workers of three tiny models, after a short load on each',
  limit: { label: 'three node with the same session', start: startLimit },
  marserve: { label: 'marserve', start: startSide },
  goals: [{ metric: 'memory', compare: 'value', atMost: 200 }],
  probeSeconds: 10,
};

async function startLimit(bench: Bench): Promise<Probe> {
  const file = await bench.modelFile('tiny');
  return async () => {
    const nodes = await Promise.all(Array.from({ length: MODELS }, () => startNode(bench, SESSION, [file, '4'])));
    const sizes = await Promise.all(nodes.map(({ pid }) => treeMemory(pid)));
    await Promise.all(nodes.map((node) => node.end()));
    return { memory: sizes.reduce((sum, size) => sum + size, 0) };
  };
}

async function startSide(bench: Bench): Promise<Probe> {
  return async () => {
    const { daemon, urls, body } = await startThreeModels(bench);
    for (const url of urls) await runLoad({ ...body, url, connections: 64, seconds: SECONDS });
    const memory = await treeMemory(daemon.pid);
    await daemon.close();
    return { memory };
  };
}
