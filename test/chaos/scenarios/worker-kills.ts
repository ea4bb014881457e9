/** A worker is killed again and again while requests come: others run what it had begun. */
import { setInterval } from 'node:timers/promises';
import { addArchive } from '../../helpers/archives.ts';
import { startDaemon } from '../../helpers/daemon.ts';
import { post } from '../../helpers/http.ts';
import type { Random } from '../../helpers/random.ts';
import { workersOf, type DescribedWorker } from '../../helpers/workers.ts';
import { startEchoLoad } from '../echo-load.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const INTERVAL_MS = 200;
const WORKERS = 2;
const CONNECTIONS = 16;
/** Of the kills: those that may hit a worker which is still starting. */
const SHARE_OF_ANY = 0.1;

/** An echo that takes long enough to be killed over it. */
const ECHO_SLOWLY = `
  export default class EchoSlowly {
    async handle(data) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return data.map((row) => row.data ?? row.body);
    }
  }
`;

export async function workerKills({ intensity, random, defer, say }: Chaos): Promise<ChaosResult> {
  const seconds = intensity === 'long' ? 20 : 3;
  const daemon = await startDaemon({
    config: { access_log: 'off', job_queue_size: 1000 },
    fill: (store) => addArchive(store, { name: 'echo', source: ECHO_SLOWLY }),
  });
  defer(() => daemon.close());
  await post(`${daemon.management}/models?url=echo.mar&initial_workers=${WORKERS}&batch_size=8`);
  const load = startEchoLoad({ defer }, daemon, { model: 'echo', connections: CONNECTIONS });
  const endsAt = performance.now() + seconds * 1000;
  let kills = 0;
  for await (const _ of setInterval(INTERVAL_MS)) {
    if (performance.now() > endsAt) break;
    kills += killOne(await workersOf(daemon, 'echo'), random);
    say(`${kills} kills, ${load.ok} requests`);
  }
  const result = await load.stop();
  const thrown = `kill -9 of one of ${WORKERS} workers every ${INTERVAL_MS} ms for ${seconds} s: ${kills} kills`;
  const problems = kills < seconds ? [`only ${kills} kills in ${seconds} s`] : [];
  const facts = { kills, slowestMs: Math.round(result.slowestMs), requestsPerSecond: Math.round(result.ok / seconds) };
  return conclude({ thrown, load: result, facts, problems });
}

/**
 * One that is ready, and now and then one that is not: if all were killed before they are, what would run would be the
 * server's back-off. @returns how many were killed
 */
function killOne(workers: readonly DescribedWorker[], random: Random): number {
  const isAny = random.next() < SHARE_OF_ANY;
  const pids = workers.filter(({ status }) => isAny || status === 'READY').flatMap(({ pid }) => pid ?? []);
  if (pids.length === 0) return 0;
  try {
    return process.kill(random.pick(pids), 'SIGKILL') ? 1 : 0;
  } catch {
    // It has ended since.
    return 0;
  }
}
