/** `npm run bench:front-ends`: measures what the processes of a server take here, and computes what larger machines would answer. */
import { createBenchRun } from '../bench.ts';
import { closeOnSignal, createCleanup } from '../cleanup.ts';
import { describeMachine } from '../machine.ts';
import { ROOT } from '../paths.ts';
import { summarize } from '../statistics.ts';
import { FULL, QUICK } from '../timing.ts';
import { startFrontEndLoad, type FrontEndLoad, type FrontEndSample } from './load.ts';
import { scalingTable, type Measured } from './scaling.ts';

const BATCHED = { batchSize: 32, connections: 128 };

const timing = process.argv.includes('--quick') ? QUICK : FULL;
const cleanup = createCleanup();
closeOnSignal(cleanup);
try {
  process.stdout.write(`${JSON.stringify(await describeMachine())}\n`);
  process.stdout.write(scalingTable(await measure()));
} finally {
  await cleanup.close();
}

async function measure(): Promise<Measured> {
  const run = await createBenchRun(timing);
  cleanup.add(() => run.close());
  const bench = run.open(ROOT);
  const start = (load: FrontEndLoad) => startFrontEndLoad(bench, load);
  const probes = {
    alone: await start({ ...BATCHED, frontEnds: 1 }),
    shared: await start({ ...BATCHED, frontEnds: 2 }),
    oneByOne: await start({ ...BATCHED, batchSize: 1, frontEnds: 2 }),
  };
  const samples: Record<keyof typeof probes, FrontEndSample[]> = { alone: [], shared: [], oneByOne: [] };
  for (const probe of Object.values(probes)) await probe(timing.warmUp);
  for (let round = 0; round < timing.pairs; round += 1) {
    for (const [name, probe] of Object.entries(probes))
      samples[name as keyof typeof probes].push(await probe(timing.seconds));
  }
  await bench.close();
  return { alone: medians(samples.alone), shared: medians(samples.shared), oneByOne: medians(samples.oneByOne) };
}

function medians(samples: readonly FrontEndSample[]): FrontEndSample {
  const median = (key: keyof FrontEndSample) => summarize(samples.map((sample) => sample[key] ?? Number.NaN)).median;
  const keys = ['throughput', 'processorTime', 'main', 'frontEnds', 'worker', 'batch'] as const;
  return Object.fromEntries(keys.map((key) => [key, median(key)])) as unknown as FrontEndSample;
}
