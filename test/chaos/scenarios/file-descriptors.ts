/** So many connections are opened that the daemon has no file descriptor left: it goes on with what it has, and recovers. */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { ECHO } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { echoQuestion } from '../../helpers/echo-questions.ts';
import { post } from '../../helpers/http.ts';
import { startLoad, type Load } from '../../helpers/load.ts';
import { openFilesOfItsOwn } from '../../helpers/processes.ts';
import { isMetWithin } from '../../helpers/within.ts';
import { workersOf } from '../../helpers/workers.ts';
import { addUp, conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const LIMIT = 100;
const IDLE_CONNECTIONS = 200;
const CONNECTIONS = 4;
const FILES_TOLERANCE = 2;
const RECOVERY_MS = 30_000;

export async function fileDescriptors({ intensity, defer, say }: Chaos): Promise<ChaosResult> {
  const rounds = intensity === 'long' ? 10 : 2;
  const daemon = await startDaemon({
    config: { access_log: 'off' },
    prefix: ['sh', '-c', `ulimit -n ${LIMIT} && exec "$@"`, 'sh'],
    fill: async (store) => {
      await addArchive(store, { name: 'good', source: ECHO });
      await addArchive(store, { name: 'other', source: ECHO });
    },
  });
  defer(() => daemon.close());
  await post(`${daemon.management}/models?url=good.mar&initial_workers=2`);
  const load = startEchoLoad(daemon);
  defer(() => load.stop());
  const manager = new Agent({ keepAlive: true, maxSockets: 1 });
  defer(async () => manager.destroy());
  await manage(daemon, manager, 'GET', '/models');
  const before = await openFilesOfItsOwn(daemon.pid);
  const problems: string[] = [];
  const late: Load[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const idle = await exhaust(daemon);
    defer(async () => idle.forEach((socket) => socket.destroy()));
    const news = await goOnWithout(daemon, manager, load);
    idle.forEach((socket) => socket.destroy());
    news.push(...(await recover(daemon, before)));
    const newcomers = startEchoLoad(daemon, 100);
    await newcomers.finished;
    late.push(newcomers);
    problems.push(...news.map((problem) => `round ${round}: ${problem}`));
    say(`${round} of ${rounds} rounds, ${load.ok} requests, ${problems.length} problems`);
  }
  const results = await Promise.all([load, ...late].map((each) => each.stop()));
  const thrown = `${IDLE_CONNECTIONS} idle connections on ${LIMIT} file descriptors, ${rounds} times, a worker killed meanwhile`;
  return conclude({ thrown, load: addUp(results), problems });
}

function startEchoLoad({ inference }: Daemon, count?: number): Load {
  return startLoad({
    address: inference,
    connections: CONNECTIONS,
    count,
    question: (index) => echoQuestion('good', index),
  });
}

/** Opens connections until every descriptor is taken; those that the daemon closes at once stay closed. */
async function exhaust({ inference }: Daemon): Promise<Socket[]> {
  const { hostname, port } = new URL(inference);
  const sockets = Array.from({ length: IDLE_CONNECTIONS }, () => connect(Number(port), hostname));
  await Promise.all(
    sockets.map((socket) => {
      socket.on('error', () => {});
      return new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
    }),
  );
  return sockets;
}

/** Connections that were there before still serve; what needs a descriptor fails with a reason. @returns what should not be */
async function goOnWithout(daemon: Daemon, manager: Agent, load: Load): Promise<string[]> {
  const served = load.ok;
  const registration = await manage(daemon, manager, 'POST', '/models?url=other.mar&initial_workers=1');
  const [victim] = await describedWorkers(daemon, manager);
  if (victim?.pid !== undefined) process.kill(victim.pid, 'SIGKILL');
  const isServing = await isMetWithin(RECOVERY_MS, async () => load.ok > served + 100);
  const isClear = registration.status >= 400 && /EMFILE|too many open files/i.test(registration.text);
  return [
    ...(isClear
      ? []
      : [`a registration without descriptors was answered with ${registration.status} ${registration.text}`]),
    ...(isServing ? [] : ['the connections that were there before are not served']),
  ];
}

/** @returns what should not be */
async function recover(daemon: Daemon, filesBefore: number): Promise<string[]> {
  const isWhole = await isMetWithin(RECOVERY_MS, async () => {
    const workers = await workersOf(daemon, 'good');
    return workers.length === 2 && workers.every(({ status }) => status === 'READY');
  });
  const registered = await post(`${daemon.management}/models?url=other.mar&initial_workers=1`);
  const removed = await fetch(`${daemon.management}/models/other`, { method: 'DELETE' });
  const hasLetGo = await isMetWithin(RECOVERY_MS, async () => {
    return (await openFilesOfItsOwn(daemon.pid)) <= filesBefore + FILES_TOLERANCE;
  });
  return [
    ...(isWhole ? [] : [`the workers did not come back: ${JSON.stringify(await workersOf(daemon, 'good'))}`]),
    ...(registered.status === 200 && removed.status === 200
      ? []
      : [`a registration after it failed: ${registered.text}`]),
    ...(hasLetGo ? [] : [`${filesBefore} files were open before, ${await openFilesOfItsOwn(daemon.pid)} are after`]),
  ];
}

/** On a connection that was there before, since there can be no other. */
function manage(
  { management }: Daemon,
  agent: Agent,
  method: string,
  target: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${management}${target}`, { agent, method }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', reject).end();
  });
}

async function describedWorkers(daemon: Daemon, agent: Agent): Promise<{ pid?: number }[]> {
  const { text } = await manage(daemon, agent, 'GET', '/models/good');
  return (JSON.parse(text) as { workers: { pid?: number }[] }[])[0]?.workers ?? [];
}
