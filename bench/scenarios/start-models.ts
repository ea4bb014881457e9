/** From the start of the process to the first answers of three models. */
import type { Bench } from '../bench.ts';
import { measureNodeStart } from '../limits/node.ts';
import type { Probe, Scenario } from '../scenario.ts';
import { startThreeModels } from '../three-models.ts';

export const startModels: Scenario = {
  name: 'start-models',
  title: 'the server, from its start to the first predictions of three tiny models',
  limit: { label: 'node -e 0', start: async () => measureNodeStart },
  marserve: { label: 'marserve', start: startSide },
  goals: [{ metric: 'time', compare: 'difference', atMost: 500 }],
  probeSeconds: 0.7,
};

async function startSide(bench: Bench): Promise<Probe> {
  return async () => {
    const { daemon } = await startThreeModels(bench);
    const time = performance.now() - daemon.started;
    await daemon.close();
    return { time };
  };
}
