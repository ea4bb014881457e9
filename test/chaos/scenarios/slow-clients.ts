/** Clients that send large bodies slowly, and clients that take nothing of large answers: they are timed out, and nobody waits for them. */
import type { Socket } from 'node:net';
import { ECHO } from '../../fixtures/handlers.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { forgetMostResident, mostResidentBytes, openFiles, residentBytes } from '../../helpers/processes.ts';
import { openConnection } from '../../helpers/raw-connection.ts';
import { isMetWithin } from '../../helpers/within.ts';
import { startEchoLoad } from '../echo-load.ts';
import { startPingWatch } from '../ping-watch.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const UPLOADS = { short: 60, long: 300 };
const READERS = { short: 20, long: 80 };
const ROUNDS = { short: 1, long: 5 };
const BODY_BYTES = 6_500_000;
const ANSWER_BYTES = 6_000_000;
/** Of bodies and of answers that are not taken; less than what is thrown at it. */
const MAX_INFLIGHT_BYTES = { short: 60e6, long: 200e6 };
const CLIENT_TIMEOUT_SECONDS = 5;
const PIECE_INTERVAL_MS = 200;
const MOST_PIECE_BYTES = 50_000;
/** Until the last slow client must be gone: much more than the timeout, for a busy machine. */
const GONE_MS = 60_000;
/** What the daemon may grow by beside them: its heap, frames of its workers, and what was not collected yet. */
const SLACK_BYTES = 200e6;
const FILES_TOLERANCE = 2;

/** Answers with as many bytes as it is asked for. */
const FILL = 'export function handle(rows) { return rows?.map(({ body }) => Buffer.alloc(body, 120)); }';

export async function slowClients(chaos: Chaos): Promise<ChaosResult> {
  const { intensity, defer, say } = chaos;
  const daemon = await startDaemon({
    config: {
      access_log: 'off',
      max_inflight_bytes: MAX_INFLIGHT_BYTES[intensity],
      request_body_timeout: CLIENT_TIMEOUT_SECONDS,
      response_write_timeout: CLIENT_TIMEOUT_SECONDS,
    },
    async fill(store) {
      await addArchive(store, { name: 'good', source: ECHO });
      await addArchive(store, { name: 'fill', source: FILL });
    },
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['good', 'fill']);
  const load = startEchoLoad(chaos, daemon, { model: 'good', connections: 2 });
  await isMetWithin(5000, async () => load.ok > 10);
  const watch = await startPingWatch(chaos, daemon);
  await forgetMostResident(daemon.pid);
  const [memoryBefore, filesBefore] = [await residentBytes(daemon.pid), await openFiles(daemon.pid)];
  const problems: string[] = [];
  for (let round = 1; round <= ROUNDS[intensity]; round += 1) {
    const clients = await openClients(daemon, chaos);
    defer(async () => clients.forEach((socket) => socket.destroy()));
    const areGone = async () => (await openFiles(daemon.pid)) <= filesBefore + FILES_TOLERANCE;
    if (!(await isMetWithin(GONE_MS, areGone))) problems.push(`round ${round}: slow clients are kept`);
    clients.forEach((socket) => socket.destroy());
    say(`${round} of ${ROUNDS[intensity]} rounds, ${load.ok} good requests`);
  }
  const grownBytes = (await mostResidentBytes(daemon.pid)) - memoryBefore;
  const pings = await watch.stop();
  problems.push(...pings.problems);
  if (grownBytes > MAX_INFLIGHT_BYTES[intensity] + SLACK_BYTES) problems.push(`the daemon grew by ${grownBytes} bytes`);
  return conclude({
    thrown: `${UPLOADS[intensity]} slow uploads and ${READERS[intensity]} readers of nothing, ${ROUNDS[intensity]} times`,
    load: await load.stop(),
    facts: { grownMb: Math.round(grownBytes / 1e6), ...pings.facts },
    problems,
  });
}

async function openClients(daemon: Daemon, chaos: Chaos): Promise<Socket[]> {
  const open = (count: number) => Promise.all(Array.from({ length: count }, () => openConnection(daemon.inference)));
  const [uploads, readers] = [await open(UPLOADS[chaos.intensity]), await open(READERS[chaos.intensity])];
  uploads.forEach((socket, index) => uploadSlowly(socket, index % 2 === 0, chaos));
  for (const socket of readers) {
    const body = String(ANSWER_BYTES);
    // Nothing listens for what comes, so that nothing is read.
    socket.write(
      `POST /predictions/fill HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }
  return [...uploads, ...readers];
}

function uploadSlowly(socket: Socket, isChunked: boolean, { random }: Chaos): void {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${BODY_BYTES}`;
  socket.write(
    `POST /predictions/good HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n${framing}\r\n\r\n`,
  );
  const timer = setInterval(() => {
    const piece = 'x'.repeat(random.integer(1, MOST_PIECE_BYTES));
    socket.write(isChunked ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece);
  }, PIECE_INTERVAL_MS);
  // An answer, be it a refusal, is read, and ends the upload.
  socket.on('data', () => clearInterval(timer));
  socket.once('end', () => socket.end());
  socket.once('close', () => clearInterval(timer));
}
