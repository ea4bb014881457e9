/** Load of a graph: the model three times in a row, each with the request, so that the answer is the model's. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { addArchive, type Bench } from './bench.ts';
import { serve, type Daemon, type RegisterOptions } from './daemon.ts';
import { runLoad } from './load.ts';
import { checkOip, oipBody, type OipOptions } from './oip-prediction.ts';
import { processTree } from './peer-run/process-tree.ts';
import type { Probe } from './scenario.ts';

const BATCH: RegisterOptions = { batch_size: 32 };
const NODES = ['first', 'second', 'third'] as const;
const MICROSECONDS_PER_TICK = 10_000;

/** The model without a graph. */
export async function startAlone(bench: Bench, options: OipOptions): Promise<Probe> {
  const daemon = await serve(bench, options.model, BATCH);
  return loadOf(bench, { daemon, name: options.model }, options);
}

/** Each node is a model of its own, with a worker of its own. */
export async function startSequence(bench: Bench, options: OipOptions): Promise<Probe> {
  const { model } = options;
  const name = `${model}-three-times`;
  await bench.once(`archive ${name}`, async () => {
    const configFile = path.join(await bench.folder(), 'config.yaml');
    const sequence = NODES.map((node) => ({ model: node, input: 'request' }));
    await writeFile(configFile, JSON.stringify({ graph: { sequence } }));
    await addArchive(bench.store, { modelName: name, handler: 'graph', configFile });
  });
  const daemon = await serve(bench, model, { ...BATCH, model_name: NODES[0] });
  for (const node of NODES.slice(1)) await daemon.register(model, { ...BATCH, model_name: node });
  await daemon.register(name, BATCH);
  return loadOf(bench, { daemon, name }, options);
}

interface Service {
  readonly daemon: Daemon;
  readonly name: string;
}

async function loadOf(bench: Bench, { daemon, name }: Service, { model, connections }: OipOptions): Promise<Probe> {
  const url = `${daemon.inference}/v2/models/${name}/infer`;
  const load = await oipBody(bench, model);
  await checkOip(bench, model, url);
  return async (seconds) => {
    const before = await ticksOf(daemon);
    const { requests, ...sample } = await runLoad({ ...load, url, connections, seconds });
    const ticks = (await ticksOf(daemon)) - before;
    return { ...sample, processorTime: (ticks * MICROSECONDS_PER_TICK) / requests };
  };
}

/** Of the daemon and all its workers. */
async function ticksOf({ pid }: Daemon): Promise<number> {
  const tree = await processTree(pid);
  return tree.reduce((sum, { ticks }) => sum + ticks, 0);
}
