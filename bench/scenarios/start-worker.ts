/** From the call that asks for a worker to its answer, which comes when the worker is ready. */
import type { Bench } from '../bench.ts';
import { startDaemon } from '../daemon.ts';
import { send } from '../http.ts';
import { measureNodeStart } from '../limits/node.ts';
import type { Probe, Scenario } from '../scenario.ts';

export const startWorker: Scenario = {
  name: 'start-worker',
  title: 'a worker with the small model, from its start to being ready',
  limit: { label: 'node -e 0', start: async () => measureNodeStart },
  marserve: { label: 'marserve', start: startSide },
  goals: [{ metric: 'time', compare: 'difference', atMost: 400 }],
  probeSeconds: 0.5,
};

async function startSide(bench: Bench): Promise<Probe> {
  await bench.archive('small');
  const daemon = await startDaemon(bench);
  await daemon.register('small', { initial_workers: 0 });
  const scale = (workers: number) =>
    send(`${daemon.management}/models/small?min_worker=${workers}&synchronous=true`, { method: 'PUT' });
  return async () => {
    const start = performance.now();
    await scale(1);
    const time = performance.now() - start;
    await scale(0);
    return { time };
  };
}
