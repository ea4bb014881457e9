/**
 * What a model at work notices of 200 others that are registered without workers, while somebody asks for the list of all, their
 * metrics and the server's health; and what they take of the server's memory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { serve, type Daemon } from '../daemon.ts';
import { takeLoopDelay } from '../event-loop.ts';
import { send } from '../http.ts';
import { residentMemory } from '../memory.ts';
import { loadOf, type Load } from '../prediction.ts';
import type { Probe, Scenario } from '../scenario.ts';

const LOAD = { model: 'tiny', body: 'json', connections: 64 } as const;
const IDLE = 200;
/** As often as somebody looks who is in a hurry. */
const LOOK_MS = 500;

export const idleModels: Scenario = {
  name: 'idle-models',
  title:
    '200 models without workers beside one at work, with the list, the metrics and the health of all asked for twice a second',
  limit: { label: 'the same without them', start: async (bench) => probeOf(await startServer(bench)) },
  marserve: { label: 'marserve', start: startWithIdle },
  goals: [
    { metric: 'p99', compare: 'ratio', atMost: 1.1 },
    // 0.5 MB each.
    { metric: 'memory', compare: 'difference', atMost: 100 },
    { metric: 'loopDelay', compare: 'value', atMost: 50 },
  ],
  extraSeconds: { full: 20, quick: 10 },
};

interface Server {
  readonly daemon: Daemon;
  readonly load: Load;
}

async function startServer(bench: Bench): Promise<Server> {
  const daemon = await serve(bench, LOAD.model);
  return { daemon, load: await loadOf(bench, daemon, LOAD) };
}

async function startWithIdle(bench: Bench): Promise<Probe> {
  const server = await startServer(bench);
  for (let index = 0; index < IDLE; index += 1) {
    await server.daemon.register(LOAD.model, { model_name: `idle-${index}`, initial_workers: 0 });
  }
  return probeOf(server);
}

function probeOf({ daemon, load }: Server): Probe {
  return async (seconds) => {
    await takeLoopDelay(daemon);
    const over = new AbortController();
    const looking = lookAtAll(daemon, over.signal);
    const sample = await load(seconds, looking).finally(() => over.abort());
    return { ...sample, memory: await residentMemory(daemon.pid), loopDelay: await looking };
  };
}

/** Until it is told to end; the longest event-loop delay of all, in milliseconds. */
async function lookAtAll(daemon: Daemon, over: AbortSignal): Promise<number> {
  let delay = 0;
  while (!over.aborted) {
    await sleep(LOOK_MS);
    await Promise.all([
      send(`${daemon.management}/models?limit=1000`),
      send(`${daemon.inference}/ping`),
      send(`${daemon.inference}/ready`),
    ]);
    // With the metrics of all models.
    delay = Math.max(delay, await takeLoopDelay(daemon));
  }
  return delay;
}
