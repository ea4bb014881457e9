/** Bodies that are made to cost more than they should, many at a time: memory stays, and nobody beside them notices. */
import { ECHO } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { forgetMostResident, isAlive, mostResidentBytes, residentBytes } from '../../helpers/processes.ts';
import { inChunks, openConnection, readUntil, writeAll } from '../../helpers/raw-connection.ts';
import { startEchoLoad } from '../echo-load.ts';
import { hostileBody, type HostileBody } from '../hostile-body.ts';
import { startPingWatch } from '../ping-watch.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const LARGEST_BYTES = { short: 200_000, long: 2_000_000 };
const COUNT = { short: 100, long: 400 };
const AT_A_TIME = 3;
/** Of the daemon: its heap, and what was not collected yet, beside the bodies. */
const MOST_GROWTH_BYTES = 300e6;
/** Refusals of what was sent, and of what there is no room for. */
const EXPECTED = new Set(['200', '400', '413', '415', '503']);

/** Tells how many fields it got. */
const COUNTING = 'export function handle(rows) { return rows?.map((row) => Object.keys(row).length); }';

export async function hostileBodies(chaos: Chaos): Promise<ChaosResult> {
  const { intensity, random, defer, say } = chaos;
  const daemon = await startDaemon({
    config: { access_log: 'off' },
    env: { NODE_OPTIONS: '--max-old-space-size=128' },
    async fill(store) {
      await addArchive(store, { name: 'good', source: ECHO });
      await addArchive(store, { name: 'counting', source: COUNTING });
    },
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['good', 'counting']);
  // Making them takes time, in which nobody could be asked.
  const bodies = Array.from({ length: COUNT[intensity] }, () => hostileBody(random, LARGEST_BYTES[intensity]));
  const load = startEchoLoad(chaos, daemon, { model: 'good', connections: 2 });
  const watch = await startPingWatch(chaos, daemon);
  await forgetMostResident(daemon.pid);
  const before = await residentBytes(daemon.pid);
  const statuses = new Map<string, number>();
  const problems: string[] = [];
  const entries = bodies.entries();
  const client = async () => {
    for (const [number, hostile] of entries) {
      const status = await send(daemon, hostile);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (!EXPECTED.has(status)) problems.push(`body ${number} (${describeBody(hostile)}) was answered with ${status}`);
      if (number % 100 === 0) say(`${number} of ${bodies.length} bodies, ${load.ok} good requests`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  const grownBytes = (await mostResidentBytes(daemon.pid)) - before;
  const pings = await watch.stop();
  problems.push(...pings.problems);
  if (grownBytes > MOST_GROWTH_BYTES) problems.push(`the daemon grew by ${Math.round(grownBytes / 1e6)} MB`);
  if (!(await isAlive(daemon.pid))) problems.push(`the daemon has ended:\n${daemon.output().slice(-2000)}`);
  const facts = { grownMb: Math.round(grownBytes / 1e6), ...pings.facts };
  return conclude({
    thrown: `${bodies.length} hostile bodies (seed ${random.seed})`,
    load: await load.stop(),
    facts: { ...facts, ...Object.fromEntries([...statuses].map(([status, times]) => [`answers ${status}`, times])) },
    problems,
  });
}

/** @returns the status of the answer, or `nothing` */
async function send(daemon: Daemon, { contentType, headers = '', body, chunkBytes }: HostileBody): Promise<string> {
  const socket = await openConnection(daemon.inference);
  const answer = readUntil(socket);
  const framing = chunkBytes === undefined ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked';
  const head = `POST /predictions/counting HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${contentType}\r\n${headers}${framing}\r\n\r\n`;
  await writeAll(socket, [head]);
  await writeAll(socket, chunkBytes === undefined ? [body] : inChunks(body, chunkBytes));
  const text = await answer;
  socket.destroy();
  return /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 'nothing';
}

function describeBody({ kind, body, chunkBytes }: HostileBody): string {
  return `${kind}, ${body.length} bytes in ${chunkBytes === undefined ? 'one piece' : `chunks of ${chunkBytes}`}`;
}
