/** From the start of the process to the first answer. */
import type { Bench } from '../bench.ts';
import { launchDaemon } from '../daemon.ts';
import { measureNodeStart } from '../limits/node.ts';
import type { Probe, Scenario } from '../scenario.ts';

export const startDaemonScenario: Scenario = {
  name: 'start-daemon',
  title: 'the server, from its start to answering /ping',
  limit: { label: 'node -e 0', start: async () => measureNodeStart },
  marserve: { label: 'marserve', start: startSide },
  goals: [{ metric: 'time', compare: 'difference', atMost: 350 }],
  probeSeconds: 0.4,
};

async function startSide(bench: Bench): Promise<Probe> {
  return async () => {
    const daemon = await launchDaemon(bench);
    await daemon.ready();
    const time = performance.now() - daemon.started;
    await daemon.close();
    return { time };
  };
}
