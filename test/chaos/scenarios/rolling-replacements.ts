/** A model's version is replaced by the next one, again and again, while requests come: none of them notices. */
import { addArchive } from '../../helpers/archives.ts';
import { startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { post, put, send } from '../../helpers/http.ts';
import { startLoad, type Question } from '../../helpers/load.ts';
import { isAlive } from '../../helpers/processes.ts';
import { workersOf } from '../../helpers/workers.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const CONNECTIONS = 16;
/** One of so many versions does not start. */
const BROKEN_EVERY = 5;

const versioned = (version: number) => `
  export default class Versioned {
    async handle(data) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return data.map((row) => ({ version: ${version}, echo: row.body }));
    }
  }
`;

const BROKEN = `
  export default class Broken {
    async initialize() { throw new Error('this version cannot start'); }
    handle(data) { return data; }
  }
`;

/** How far the replacements are: versions are numbered in their order. */
interface Progress {
  /** The version that is known to be the one. */
  acknowledged: number;
  /** The newest that may be. */
  begun: number;
}

export async function rollingReplacements({ intensity, defer, say }: Chaos): Promise<ChaosResult> {
  const replacements = intensity === 'long' ? 50 : 5;
  const daemon = await startDaemon({ config: { access_log: 'off', job_queue_size: 1000 } });
  defer(() => daemon.close());
  await add(daemon, 1);
  await post(`${daemon.management}/models?url=rolling-1.mar&model_name=rolling&initial_workers=1&batch_size=4`);
  const progress: Progress = { acknowledged: 1, begun: 1 };
  const load = startLoad({
    address: daemon.inference,
    connections: CONNECTIONS,
    question: (index) => versionedQuestion(index, progress),
  });
  defer(() => load.stop());
  const problems: string[] = [];
  for (let version = 2; version <= replacements + 1; version += 1) {
    problems.push(...(await replace(daemon, version, progress)));
    if (version % BROKEN_EVERY === 0) problems.push(...(await replaceByBroken(daemon, version)));
    say(`${version - 1} of ${replacements} replacements, ${load.ok} requests`);
  }
  const result = await load.stop();
  const facts = { slowestMs: Math.round(result.slowestMs) };
  const broken = Math.floor((replacements + 1) / BROKEN_EVERY);
  const thrown = `${replacements} rolling replacements under load, and ${broken} by versions that do not start`;
  return conclude({ thrown, load: result, facts, problems });
}

async function add({ store }: Daemon, version: number, source = versioned(version)): Promise<void> {
  await addArchive(store, { name: `rolling-${version}`, version: `${version}.0`, source });
}

/** The answer must come from a version that was the one while the question was under way. */
function versionedQuestion(index: number, progress: Progress): Question {
  const { acknowledged } = progress;
  const sent = { id: index, values: Array(index % 40).fill(index) };
  return {
    path: '/predictions/rolling',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(sent)),
    judge({ status, body }) {
      if (status !== 200) return 'failed';
      const { version, echo } = JSON.parse(body.toString()) as { version: number; echo: unknown };
      const isTimely = version >= acknowledged && version <= progress.begun;
      return isTimely && JSON.stringify(echo) === JSON.stringify(sent) ? 'ok' : 'wrong';
    },
  };
}

/** By each of the two ways in turn. @returns what should not be */
async function replace(daemon: Daemon, version: number, progress: Progress): Promise<string[]> {
  await add(daemon, version);
  const before = await workersOf(daemon, 'rolling');
  progress.begun = version;
  const answer = version % 2 === 0 ? await replaceInOneCall(daemon, version) : await replaceInTwoCalls(daemon, version);
  if (answer.status !== 200) return [`replacement by version ${version}: ${answer.status} ${answer.text}`];
  progress.acknowledged = version;
  const remaining = await versionsOf(daemon);
  const orphans = await Promise.all(before.map(({ pid = 0 }) => isAlive(pid)));
  return [
    ...(remaining.join() === `${version}.0`
      ? []
      : [`after the replacement by ${version}.0 there are ${remaining.join()}`]),
    ...(orphans.includes(true) ? [`a worker of the version before ${version} is still there`] : []),
  ];
}

function replaceInOneCall({ management }: Daemon, version: number) {
  return post(
    `${management}/models?url=rolling-${version}.mar&model_name=rolling&replace=true&initial_workers=1&batch_size=4`,
  );
}

async function replaceInTwoCalls({ management }: Daemon, version: number) {
  await post(`${management}/models?url=rolling-${version}.mar&model_name=rolling&initial_workers=1&batch_size=4`);
  return put(`${management}/models/rolling/${version}.0/set-default?drain=true`);
}

/** It must be refused, and leave everything as it was. @returns what should not be */
async function replaceByBroken(daemon: Daemon, version: number): Promise<string[]> {
  const before = await versionsOf(daemon);
  await add(daemon, version + 1000, BROKEN);
  const answer = await replaceInOneCall(daemon, version + 1000);
  const after = await versionsOf(daemon);
  return [
    ...(answer.status >= 400 && answer.text.includes('cannot start')
      ? []
      : [`a broken version: ${answer.status} ${answer.text}`]),
    ...(after.join() === before.join() ? [] : [`a broken version left ${after.join()} of ${before.join()}`]),
  ];
}

async function versionsOf({ management }: Daemon): Promise<string[]> {
  const answer = await send(`${management}/models/rolling/all`);
  return answer.json<{ modelVersion: string }[]>().map(({ modelVersion }) => modelVersion);
}
