/** Models are given many workers, lose them, and get them again: a good model and pings go on beside them. */
import { availableParallelism } from 'node:os';
import { ECHO } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { startDaemon } from '../../helpers/daemon.ts';
import { post, put, remove } from '../../helpers/http.ts';
import { startPings } from '../../helpers/pings.ts';
import { isMetWithin } from '../../helpers/within.ts';
import { workersOf } from '../../helpers/workers.ts';
import { startEchoLoad } from '../echo-load.ts';
import { pingFindings } from '../ping-findings.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const COUNTS = { short: { workers: 10, models: 5 }, long: { workers: 60, models: 60 } };

const COMING_BACK_MS = 60_000;

export async function workerStorm(chaos: Chaos): Promise<ChaosResult> {
  const { intensity, defer, say } = chaos;
  const { workers, models } = COUNTS[intensity];
  const names = Array.from({ length: models }, (_, index) => `model-${index}`);
  const daemon = await startDaemon({
    config: {
      access_log: 'off',
      max_workers_per_model: workers,
      max_workers_total: workers + 2 * models,
      load_models: names.map((name) => `${name}.mar`).join(','),
      default_workers_per_model: 1,
    },
    fill: async (store) => {
      for (const name of ['good', 'storm', ...names]) await addArchive(store, { name, source: ECHO });
    },
  });
  defer(() => daemon.close());
  const pings = startPings(daemon);
  defer(() => pings.stop());
  await post(`${daemon.management}/models?url=good.mar&initial_workers=1`);
  const load = startEchoLoad(chaos, daemon, { model: 'good', connections: 2 });
  const problems: string[] = [];
  const expectStatus = ({ status, text }: { status: number; text: string }, expected: number) => {
    if (status !== expected) problems.push(`expected status ${expected}, got ${status}: ${text}`);
  };
  expectStatus(await post(`${daemon.management}/models?url=storm.mar&initial_workers=${workers}`), 200);
  say(`${workers} workers are started`);
  expectStatus(await put(`${daemon.management}/models/storm?min_worker=${workers + 1}`), 400);
  expectStatus(await put(`${daemon.management}/models/storm?min_worker=0&synchronous=true`), 200);
  expectStatus(await put(`${daemon.management}/models/storm?min_worker=${workers}&synchronous=true`), 200);
  killAll(await workersOf(daemon, 'storm'));
  const haveComeBack = await isMetWithin(COMING_BACK_MS, async () =>
    (await workersOf(daemon, 'storm')).every(({ status }) => status === 'READY'),
  );
  if (!haveComeBack) problems.push('workers that were killed have not come back');
  for (const name of names) {
    expectStatus(await put(`${daemon.management}/models/${name}?min_worker=1&synchronous=true`), 200);
    expectStatus(await remove(`${daemon.management}/models/${name}`), 200);
  }
  const pinged = pingFindings(await pings.stop(), intensity);
  return conclude({
    thrown: `${workers} workers of one model started three times and killed once, and ${models} models at the start`,
    load: await load.stop(),
    facts: { cores: availableParallelism(), ...pinged.facts },
    problems: [...problems, ...pinged.problems],
  });
}

function killAll(workers: readonly { readonly pid?: number }[]): void {
  for (const { pid } of workers) if (pid !== undefined) process.kill(pid, 'SIGKILL');
}
