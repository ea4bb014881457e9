/** The daemon is killed at random moments of registrations: what it had acknowledged is there again, and nothing half-done. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { startDaemon, type Daemon, type DaemonOptions } from '../../helpers/daemon.ts';
import { post, put, remove, type Answer } from '../../helpers/http.ts';
import { startLoad, type LoadResult } from '../../helpers/load.ts';
import { isAlive } from '../../helpers/processes.ts';
import type { Random } from '../../helpers/random.ts';
import { isMetWithin } from '../../helpers/within.ts';
import { offerArchives } from '../registry/archives.ts';
import { describeRegistry, leftovers, workerPids } from '../registry/inspection.ts';
import { apply, chooseHousekeeping, chooseRegistration, type Change, type RegistryState } from '../registry/state.ts';
import { addUp, conclude, type Chaos, type ChaosResult } from '../scenario.ts';

/** A registration with a worker and a slow download takes about so long, others much less. */
const LONGEST_REGISTRATION_MS = 900;
/** Of the starts after a kill: those that are killed, too, while they restore. */
const SHARE_OF_KILLED_STARTS = 0.2;
const LONGEST_START_S = 0.9;
const ORPHAN_GRACE_MS = 10_000;

export async function daemonKills({ intensity, random, defer, say }: Chaos): Promise<ChaosResult> {
  const kills = intensity === 'long' ? 100 : 8;
  const archives = await offerArchives(random);
  defer(() => archives.close());
  const config = { allowed_urls: archives.pattern, access_log: 'off' };
  let daemon = await startDaemon({ config, fill: (store) => archives.copyTo(store) });
  defer(() => daemon.close());
  const offers = archives.offers.map(({ file, address, ...key }) => ({ ...key, urls: [file, address] }));
  const files = archives.offers.map(({ file }) => file);
  let state: RegistryState = [];
  const problems: string[] = [];
  const loads: LoadResult[] = [];
  const counts = { acknowledgedBeforeTheKill: 0, killedStarts: 0 };
  for (let kill = 1; kill <= kills; kill += 1) {
    const housekeeping = chooseHousekeeping(state, random);
    if (housekeeping !== undefined) problems.push(...(await change(daemon, state, housekeeping)));
    if (housekeeping !== undefined) state = apply(state, housekeeping);
    const registration = chooseRegistration(state, random, offers);
    const outcome = await changeAndKill(daemon, registration, random);
    counts.acknowledgedBeforeTheKill += outcome.isAcknowledged ? 1 : 0;
    const options = { root: daemon.root, config };
    if (random.next() < SHARE_OF_KILLED_STARTS) counts.killedStarts += await killStart(options, random);
    const next = await startDaemon(options);
    defer(() => next.close());
    daemon = next;
    const found = await describeRegistry(daemon);
    const possible = [apply(state, registration), ...(outcome.isAcknowledged ? [] : [state])];
    const news = [
      ...outcome.problems,
      ...(possible.some((each) => isDeepStrictEqual(each, found)) ? [] : [difference(registration, found, possible)]),
      ...(await leftovers(daemon, found, files)),
    ];
    problems.push(...news.map((problem) => `kill ${kill}: ${problem}`));
    loads.push(await askAll(daemon, found));
    state = found;
    say(`${kill} of ${kills} kills, ${found.length} versions, ${problems.length} problems`);
  }
  const thrown = `kill -9 of the daemon during ${kills} registrations, and during ${counts.killedStarts} of the starts after`;
  return conclude({ thrown, load: addUp(loads), facts: counts, problems });
}

function request({ management }: Daemon, change: Change): Promise<Answer> {
  const { kind, name, version } = change;
  const model = `${management}/models/${name}/${version}`;
  switch (kind) {
    case 'register': {
      const { url, batchSize, workers } = change;
      const settings = `batch_size=${batchSize}&initial_workers=${workers}`;
      return post(`${management}/models?url=${encodeURIComponent(url)}&model_name=${name}&${settings}`);
    }
    case 'scale':
      return put(`${model}?min_worker=${change.workers}&synchronous=true`);
    case 'set default':
      return put(`${model}/set-default`);
    case 'unregister':
      return remove(model);
  }
}

/** @returns what should not be */
async function change(daemon: Daemon, state: RegistryState, wanted: Change): Promise<string[]> {
  const { status, text } = await request(daemon, wanted);
  if (status !== 200) return [`${describeChange(wanted)} was answered with ${status} ${text}`];
  const [expected, found] = [apply(state, wanted), await describeRegistry(daemon)];
  return isDeepStrictEqual(expected, found) ? [] : [difference(wanted, found, [expected])];
}

interface Kill {
  /** Whether the answer was there before the daemon was not. */
  readonly isAcknowledged: boolean;
  readonly problems: readonly string[];
}

async function changeAndKill(daemon: Daemon, wanted: Change, random: Random): Promise<Kill> {
  const workers = await workerPids(daemon);
  // Its connection ends with the daemon.
  const answered = request(daemon, wanted).catch(() => undefined);
  // Early moments come more often: most fall into the registration, some just after.
  await sleep(LONGEST_REGISTRATION_MS * random.next() ** 2);
  await daemon.end('SIGKILL');
  const answer = await answered;
  const areGone = await isMetWithin(
    ORPHAN_GRACE_MS,
    async () => !(await Promise.all(workers.map(isAlive))).includes(true),
  );
  return {
    isAcknowledged: answer?.status === 200,
    problems: [
      ...(areGone ? [] : [`of the workers ${workers.join()} some outlived the daemon`]),
      ...(answer === undefined || answer.status === 200
        ? []
        : [`${describeChange(wanted)} was answered with ${answer.status} ${answer.text}`]),
    ],
  };
}

/** @returns 1 when the start was killed before it was done, else 0 */
async function killStart(options: DaemonOptions, random: Random): Promise<number> {
  const seconds = (random.next() * LONGEST_START_S).toFixed(3);
  // The shell becomes the daemon: they have one process id.
  const prefix = ['sh', '-c', '(sleep "$0"; kill -9 $$) > /dev/null 2>&1 & exec "$@"', seconds];
  try {
    const daemon = await startDaemon({ ...options, prefix });
    await daemon.end('SIGKILL');
    return 0;
  } catch {
    return 1;
  }
}

/** Every version that has a worker, ten times. */
async function askAll({ inference }: Daemon, state: RegistryState): Promise<LoadResult> {
  const served = state.filter(({ workers }) => workers > 0);
  return startLoad({
    address: inference,
    connections: 1,
    count: served.length * 10,
    question(index) {
      const { name = '', version = '' } = served[index % served.length] ?? {};
      return {
        path: `/predictions/${name}/${version}`,
        headers: {},
        body: Buffer.from('who are you?'),
        judge: ({ status, body }) =>
          status !== 200 ? 'failed' : body.toString() === `${name} ${version}` ? 'ok' : 'wrong',
      };
    },
  }).finished;
}

function describeChange({ kind, ...facts }: Change): string {
  return `${kind} ${JSON.stringify(facts)}`;
}

function difference(wanted: Change, found: RegistryState, possible: readonly RegistryState[]): string {
  const states = possible.map((state) => JSON.stringify(state)).join('\n  or ');
  return `after ${describeChange(wanted)}:\n  expected ${states}\n  found ${JSON.stringify(found)}`;
}
