/** What a server takes that has nothing to do. */
import type { Bench } from '../bench.ts';
import { startDaemon } from '../daemon.ts';
import { IDLE, measureNodeMemory } from '../limits/node.ts';
import { settledMemory } from '../memory.ts';
import type { Probe, Scenario } from '../scenario.ts';

export const memoryDaemon: Scenario = {
  name: 'memory-daemon',
  title: 'resident memory of the server without a model',
  limit: { label: 'node that waits', start: async (bench) => () => measureNodeMemory(bench, IDLE) },
  marserve: { label: 'marserve', start: startSide },
  goals: [{ metric: 'memory', compare: 'difference', atMost: 22 }],
  probeSeconds: 1.5,
};

async function startSide(bench: Bench): Promise<Probe> {
  return async () => {
    const daemon = await startDaemon(bench);
    const memory = await settledMemory(daemon.pid);
    await daemon.close();
    return { memory };
  };
}
