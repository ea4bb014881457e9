/** Handlers that leak, hang, throw, exit, print and return garbage, all in one daemon: a good model beside them is always right. */
import { ECHO, HOSTILE } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { echoQuestion } from '../../helpers/echo-questions.ts';
import { post, remove, send } from '../../helpers/http.ts';
import { startLoad, type LoadResult, type Question } from '../../helpers/load.ts';
import { openFilesOfItsOwn, residentBytes } from '../../helpers/processes.ts';
import { isMetWithin, repeatUntil } from '../../helpers/within.ts';
import { workersOf } from '../../helpers/workers.ts';
import { HARMS, LEAKY, RUDE, STILLBORN, stillborn, type Effect } from '../bad-handlers.ts';
import { startEchoLoad } from '../echo-load.ts';
import { addUp, conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const CONNECTIONS = 2;
/** Limit of the leaky model's workers, and what they may have by the time that it is noticed, in MiB. */
const LEAK_LIMIT_MB = 200;
const LEAK_BOUND_MB = 600;
/** How much the daemon may grow, in MiB: answers and log lines of many megabytes pass through it. */
const GROWTH_BOUND_MB = 150;
/** Open files that may come and go by themselves. */
const FILES_TOLERANCE = 4;
const MIB = 2 ** 20;

export async function badHandlers({ intensity, defer, say }: Chaos): Promise<ChaosResult> {
  const [times, leaks] = intensity === 'long' ? [10, 500] : [1, 60];
  const daemon = await startDaemon({
    config: { access_log: 'off', max_retry_timeout_in_sec: 3600 },
    fill,
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['good']);
  const load = startEchoLoad({ defer }, daemon, { model: 'good', connections: CONNECTIONS });
  const before = { files: await openFilesOfItsOwn(daemon.pid), bytes: await residentBytes(daemon.pid) };
  const [leak, stillbirths, ...harmed] = await Promise.all([
    leakOn(daemon, leaks),
    Promise.all(Object.keys(STILLBORN).map((name) => registerStillborn(daemon, name))),
    ...HARMS.map((_, group) => doHarm(daemon, group, times)),
  ]);
  say(`all harm is done, ${load.ok} requests to the good model`);
  const growthMB = Math.round(((await residentBytes(daemon.pid)) - before.bytes) / MIB);
  const hasLetGo = await isMetWithin(
    10_000,
    async () => (await openFilesOfItsOwn(daemon.pid)) <= before.files + FILES_TOLERANCE,
  );
  const good = await load.stop();
  const harms = HARMS.reduce((sum, { harms }) => sum + Object.keys(harms).length, 0) * times;
  return conclude({
    thrown: `${harms} times harm, ${leaks} leaks of 10 MB and ${stillbirths.length} models that cannot start, beside a good one`,
    load: addUp([good, leak.load, ...harmed]),
    facts: { goodRequests: good.requests, growthMB, largestLeakyWorkerMB: leak.largestMB },
    problems: [
      ...stillbirths.flat(),
      ...(growthMB <= GROWTH_BOUND_MB ? [] : [`the daemon has grown by ${growthMB} MB`]),
      ...(leak.largestMB <= LEAK_BOUND_MB ? [] : [`a leaky worker had ${leak.largestMB} MB`]),
      ...(hasLetGo
        ? []
        : [`the daemon had ${before.files} files open, and has ${await openFilesOfItsOwn(daemon.pid)}`]),
    ],
  });
}

async function fill(store: string): Promise<void> {
  await addArchive(store, { name: 'good', source: ECHO });
  await addArchive(store, { name: 'rude', source: RUDE });
  await addArchive(store, { name: 'hostile', source: HOSTILE });
  await addArchive(store, { name: 'leaky', source: LEAKY, config: `maxWorkerMemory: ${LEAK_LIMIT_MB}\n` });
  for (const [name, initialize] of Object.entries(STILLBORN)) {
    await addArchive(store, { name, source: stillborn(initialize) });
  }
}

/** Each harm in turn, and a harmless request after each: the model must always come back. */
async function doHarm(daemon: Daemon, group: number, times: number): Promise<LoadResult> {
  const { model = 'rude', responseTimeout = 30, harms = {} } = HARMS[group] ?? {};
  const name = `${model}-${group}`;
  const settings = `initial_workers=1&response_timeout=${responseTimeout}`;
  await post(`${daemon.management}/models?url=${model}.mar&model_name=${name}&${settings}`);
  const sequence = Object.entries(harms).flatMap(([harm, effect]) => [
    harmQuestion(name, harm, effect),
    harmQuestion(name, 'nothing', 'answered'),
  ]);
  const result = await startLoad({
    address: daemon.inference,
    connections: 1,
    count: sequence.length * times,
    question: (index) => sequence[index % sequence.length] ?? harmQuestion(name, 'nothing', 'answered'),
  }).finished;
  await remove(`${daemon.management}/models/${name}`);
  return result;
}

/** One that is refused must be told so, as an error that says why. */
function harmQuestion(model: string, harm: string, effect: Effect): Question {
  return {
    path: `/predictions/${model}`,
    headers: { 'content-type': 'text/plain' },
    body: Buffer.from(harm),
    judge({ status, body }) {
      if (effect === 'answered') return status === 200 ? 'ok' : 'failed';
      const { code, message } = parseError(body);
      return status >= 500 && code === status && message !== '' ? 'ok' : 'failed';
    },
  };
}

function parseError(body: Buffer): { code?: number; message?: string } {
  try {
    return JSON.parse(body.toString()) as { code?: number; message?: string };
  } catch {
    return {};
  }
}

interface Leak {
  readonly load: LoadResult;
  /** Resident memory of the largest worker that was seen, in MiB. */
  readonly largestMB: number;
}

/** Its workers are replaced without any of its requests noticing. */
async function leakOn(daemon: Daemon, requests: number): Promise<Leak> {
  await registerModels(daemon, ['leaky']);
  const load = startLoad({
    address: daemon.inference,
    connections: 1,
    count: requests,
    question: (index) => echoQuestion('leaky', index),
  });
  let largest = 0;
  await repeatUntil(load.finished, 50, async () => {
    const pids = (await workersOf(daemon, 'leaky')).flatMap(({ pid }) => pid ?? []);
    const sizes = await Promise.all(pids.map((pid) => residentBytes(pid).catch(() => 0)));
    largest = Math.max(largest, ...sizes);
  });
  const result = await load.finished;
  await remove(`${daemon.management}/models/leaky`);
  return { load: result, largestMB: Math.round(largest / MIB) };
}

/** @returns what should not be */
async function registerStillborn({ management }: Daemon, name: string): Promise<string[]> {
  const { status, text } = await post(`${management}/models?url=${name}.mar&initial_workers=1&startup_timeout=2`);
  const after = await send(`${management}/models/${name}`);
  return [
    ...(status >= 400 ? [] : [`a model that ${name} at its start was registered: ${status} ${text}`]),
    ...(after.status === 404 ? [] : [`a model that ${name} at its start is still there: ${after.text}`]),
  ];
}
