/** Thousands of requests that are none: the daemon lives, says what is wrong with them, and keeps nothing of them. */
import { connect, type Socket } from 'node:net';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { isAlive, openFiles } from '../../helpers/processes.ts';
import { isMetWithin } from '../../helpers/within.ts';
import { malformedRequest, type MalformedRequest } from '../malformed-request.ts';
import { startEchoLoad } from '../echo-load.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const AT_A_TIME = 16;
const GOOD_CONNECTIONS = 2;
/** How long an answer is waited for that may never come, as with half a request. */
const PATIENCE_MS = 100;
const SLOW_CONNECTIONS = 10;
const SLOW_INTERVAL_MS = 200;
/** The server's limit for a request's headers is a minute; it looks twice a minute. */
const SLOW_LIMIT_MS = 120_000;
const FILES_TOLERANCE = 2;
const SHOWN_BYTES = 200;

/** Answers what it was given; null for what no answer can hold, such as a list in a list in a list a thousand times over. */
const ECHO_WHAT_CAN_BE = `
  export default class EchoWhatCanBe {
    handle(data) {
      return data.map((row) => answerable(row.data ?? row.body));
    }
  }
  function answerable(value = null) {
    try {
      JSON.stringify(value);
      return value;
    } catch {
      return null;
    }
  }
`;

export async function malformedRequests({ intensity, random, defer, say }: Chaos): Promise<ChaosResult> {
  const count = intensity === 'long' ? 10_000 : 1000;
  const daemon = await startDaemon({
    config: { access_log: 'off' },
    fill: (store) => addArchive(store, { name: 'good', source: ECHO_WHAT_CAN_BE }),
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['good'], 'batch_size=4');
  const load = startEchoLoad({ defer }, daemon, { model: 'good', connections: GOOD_CONNECTIONS });
  await isMetWithin(5000, async () => load.ok > 10);
  const before = await openFiles(daemon.pid);
  const slow = Array.from({ length: SLOW_CONNECTIONS }, () => openSlowly(daemon));
  defer(async () => slow.forEach(({ socket }) => socket.destroy()));
  const statuses = new Map<string, number>();
  const problems: string[] = [];
  const requests = Array(count).keys();
  const client = async () => {
    for (const number of requests) {
      const malformed = malformedRequest(random);
      const answers = await exchange(daemon, malformed);
      for (const status of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (answers.some(isBad)) problems.push(describeAnswer(number, malformed, answers));
      if (number % 1000 === 0) say(`${number} of ${count}, ${load.ok} good requests, ${problems.length} problems`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  if (intensity === 'long') problems.push(...(await areClosed(slow)));
  slow.forEach(({ socket }) => socket.destroy());
  const hasLetGo = await isMetWithin(10_000, async () => (await openFiles(daemon.pid)) <= before + FILES_TOLERANCE);
  if (!hasLetGo) problems.push(`${before} files were open before, ${await openFiles(daemon.pid)} are after`);
  if (!(await isAlive(daemon.pid))) problems.push(`the daemon has ended:\n${daemon.output().slice(-2000)}`);
  problems.push(...internalErrors(daemon));
  return conclude({
    thrown: `${count} malformed requests (seed ${random.seed}) and ${SLOW_CONNECTIONS} that never come to an end`,
    load: await load.stop(),
    facts: Object.fromEntries(
      [...statuses]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([status, times]) => [`answers ${status}`, times]),
    ),
    problems,
  });
}

/** @returns the statuses of the answers, `nothing`, or `no HTTP` */
function exchange(daemon: Daemon, { listener, pieces, ending }: MalformedRequest): Promise<string[]> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(daemon[listener]);
    const socket = connect({ port: Number(port), host: hostname, noDelay: true, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(statusesIn(Buffer.concat(chunks).toString('latin1')));
    };
    const timer = setTimeout(finish, PATIENCE_MS);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', finish).on('end', finish);
    socket.once('connect', () => void write(socket, pieces).then(() => end(socket, ending, finish)));
  });
}

async function write(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function end(socket: Socket, ending: MalformedRequest['ending'], finish: () => void): void {
  if (ending === 'half-close') socket.end();
  if (ending !== 'cut') return;
  socket.resetAndDestroy();
  finish();
}

function statusesIn(text: string): string[] {
  if (text === '') return ['nothing'];
  if (!text.startsWith('HTTP/1.1 ')) return ['no HTTP'];
  return [...text.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);
}

/** What a client sends is never an error of the server. */
function isBad(status: string): boolean {
  return status === 'no HTTP' || status.startsWith('5');
}

function describeAnswer(
  number: number,
  { kind, listener, pieces }: MalformedRequest,
  answers: readonly string[],
): string {
  const text = JSON.stringify(Buffer.concat(pieces).toString('latin1', 0, SHOWN_BYTES));
  return `request ${number} to ${listener} (${kind}) was answered with ${answers.join()}: ${text}`;
}

function internalErrors(daemon: Daemon): string[] {
  const lines = daemon.output().split('\n');
  return lines
    .filter((line) => line.includes('"msg":"request failed"'))
    .map((line) => `in the log: ${line.slice(0, 500)}`);
}

interface SlowConnection {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
}

/** A request whose headers come byte by byte. */
function openSlowly(daemon: Daemon): SlowConnection {
  const { hostname, port } = new URL(daemon.inference);
  const socket = connect(Number(port), hostname);
  socket.write('GET /ping HTTP/1.1\r\nX-Slow: ');
  const timer = setInterval(() => socket.write('x'), SLOW_INTERVAL_MS);
  socket.on('error', () => {}).resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  void closed.then(() => clearInterval(timer));
  return { socket, closed };
}

/** @returns what should not be */
async function areClosed(slow: readonly SlowConnection[]): Promise<string[]> {
  let isOver = false;
  void Promise.all(slow.map(({ closed }) => closed)).then(() => (isOver = true));
  return (await isMetWithin(SLOW_LIMIT_MS, async () => isOver)) ? [] : ['connections whose headers never end are kept'];
}
