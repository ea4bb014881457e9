/** Unpacked files are deleted and workers killed: their successors find the files again, and requests go on meanwhile. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ECHO } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { sendJson } from '../../helpers/http.ts';
import { p99, startPings } from '../../helpers/pings.ts';
import { isMetWithin } from '../../helpers/within.ts';
import { workersOf } from '../../helpers/workers.ts';
import { startEchoLoad } from '../echo-load.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const ROUNDS = { short: 4, long: 40 };
const RECOVERY_MS = 30_000;
const PING_P99_MS = 100;
/** What is deleted, below the folder of the server. */
const PARTS = ['', 'models', 'models/node_modules', 'owner'];

export async function lostWorkFolder(chaos: Chaos): Promise<ChaosResult> {
  const { intensity, random, defer, say } = chaos;
  const daemon = await startDaemon({
    config: { access_log: 'off' },
    fill: async (store) => {
      await addArchive(store, { name: 'good', source: ECHO });
      await addArchive(store, { name: 'other', source: ECHO });
    },
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['good', 'other']);
  const load = startEchoLoad(chaos, daemon, { model: 'good', connections: 4 });
  const pings = startPings(daemon);
  defer(() => pings.stop());
  const problems: string[] = [];
  for (let round = 0; round < ROUNDS[intensity]; round += 1) {
    const part = PARTS[round] ?? random.pick(PARTS);
    await rm(path.join(await folderOf(daemon), part), { recursive: true, force: true });
    const model = random.pick(['good', 'other']);
    if (!(await replaceWorker(daemon, model))) problems.push(`round ${round}: no worker of ${model} came back`);
    const { text } = await sendJson(`${daemon.inference}/predictions/${model}`, round);
    if (text !== String(round)) problems.push(`round ${round}: ${model} answers ${text.slice(0, 200)}`);
    say(`${round + 1} of ${ROUNDS[intensity]} rounds, ${load.ok} requests, ${problems.length} problems`);
  }
  const times = await pings.stop();
  const result = await load.stop();
  const pingP99Ms = Math.round(p99(times));
  if (!(pingP99Ms <= PING_P99_MS)) problems.push(`pings take ${pingP99Ms} ms (p99), more than ${PING_P99_MS} ms`);
  const thrown = `${ROUNDS[intensity]} times unpacked files deleted and a worker killed`;
  return conclude({ thrown, load: result, facts: { pings: times.length, pingP99Ms }, problems });
}

async function folderOf({ workDir, pid }: Daemon): Promise<string> {
  const name = (await readdir(workDir)).find((each) => each.startsWith(`marserve-${pid}-`)) ?? 'missing';
  return path.join(workDir, name);
}

/** Kills a worker. @returns whether another one is ready in time */
async function replaceWorker(daemon: Daemon, model: string): Promise<boolean> {
  const [victim] = await workersOf(daemon, model);
  if (victim?.pid !== undefined) process.kill(victim.pid, 'SIGKILL');
  return isMetWithin(RECOVERY_MS, async () => {
    const [successor] = await workersOf(daemon, model);
    return successor?.status === 'READY' && successor.pid !== victim?.pid;
  });
}
