/** Requests for a long time: neither daemon nor worker grows. */
import { ECHO } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon } from '../../helpers/daemon.ts';
import { echoQuestion } from '../../helpers/echo-questions.ts';
import { startLoad } from '../../helpers/load.ts';
import { residentBytes } from '../../helpers/processes.ts';
import { repeatUntil } from '../../helpers/within.ts';
import { workersOf } from '../../helpers/workers.ts';
import { conclude, type Chaos, type ChaosResult, type Intensity } from '../scenario.ts';
import { lowest, slope, type Sample } from '../slope.ts';

/** Small heaps are collected often: what is held shows early, and garbage is not mistaken for it. Workers inherit this. */
const SMALL_HEAPS = '--max-semi-space-size=1 --max-old-space-size=64';
const CONNECTIONS = 16;
const SAMPLE_INTERVAL_MS = 50;
const WINDOWS = 20;
const MIB = 2 ** 20;

const RUNS: Readonly<Record<Intensity, { readonly warmUp: number; readonly requests: number }>> = {
  short: { warmUp: 2500, requests: 5000 },
  long: { warmUp: 20_000, requests: 200_000 },
};

/** MiB per 10,000 requests. In a short run, a page here and there weighs twenty times as much. */
const BOUND: Readonly<Record<Intensity, number>> = { short: 20, long: 1 };

export async function soak({ intensity, defer, say }: Chaos): Promise<ChaosResult> {
  const { warmUp, requests } = RUNS[intensity];
  const daemon = await startDaemon({
    config: { access_log: 'off' },
    env: { NODE_OPTIONS: SMALL_HEAPS },
    fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['echo'], 'batch_size=8');
  const [{ pid: worker = 0 } = {}] = await workersOf(daemon, 'echo');
  const load = startLoad({
    address: daemon.inference,
    connections: CONNECTIONS,
    count: warmUp + requests,
    question(index) {
      if (index % 20_000 === 0) say(`${index} of ${warmUp + requests} requests`);
      return echoQuestion('echo', index);
    },
  });
  defer(() => load.stop());
  const processes = { daemon: daemon.pid, worker };
  const samples: Record<string, Sample[]> = { daemon: [], worker: [] };
  await repeatUntil(load.finished, SAMPLE_INTERVAL_MS, async () => {
    for (const [name, pid] of Object.entries(processes)) {
      if (load.ok >= warmUp) samples[name]?.push({ at: load.ok, value: await residentBytes(pid) });
    }
  });
  const growth = Object.entries(samples).map(([name, all]) => ({ name, mb: perTenThousand(all) }));
  return conclude({
    thrown: `${requests} requests after ${warmUp} to warm up`,
    load: await load.finished,
    facts: Object.fromEntries(growth.map(({ name, mb }) => [`${name} MB per 10,000 requests`, mb])),
    problems: growth
      .filter(({ mb }) => !(mb <= BOUND[intensity]))
      .map(({ name, mb }) => `the ${name} grows by ${mb} MB per 10,000 requests, more than ${BOUND[intensity]}`),
  });
}

function perTenThousand(samples: readonly Sample[]): number {
  return Number(((slope(lowest(samples, WINDOWS)) * 10_000) / MIB).toFixed(2));
}
