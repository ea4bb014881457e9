/** marserve itself, as the others are set up: with batches, as it is by default, and without batches. */
import type { Bench } from '../bench.ts';
import { launchDaemon } from '../daemon.ts';
import type { ModelName } from '../models/models.ts';
import type { Contender, PeerServer } from './peer.ts';
import { wireOf } from './python-peer.ts';

const SETTINGS = 'one worker a model, access_log=off';

export const marserve: readonly Contender[] = [
  {
    label: 'marserve, batches ≤ 32',
    settings: `${SETTINGS}, batch_size=32`,
    start: (bench, models) => start(bench, models, { batch_size: '32' }),
  },
  {
    label: 'marserve, default',
    settings: `${SETTINGS}, everything else as it is`,
    start: (bench, models) => start(bench, models, {}),
  },
  {
    label: 'marserve, one by one',
    settings: `${SETTINGS}, batch_size=1`,
    start: (bench, models) => start(bench, models, { batch_size: '1' }),
  },
];

async function start(
  bench: Bench,
  models: readonly ModelName[],
  settings: Readonly<Record<string, string>>,
): Promise<PeerServer> {
  await Promise.all(models.map((model) => bench.archive(model)));
  const archives = models.map((model) => `${model}.mar`).join(',');
  const daemon = await launchDaemon(bench, { ...settings, load_models: archives, default_workers_per_model: '1' });
  return { ...daemon, ...wireOf({ path: (model) => `/predictions/${model}` }, bench, daemon.inference) };
}
