/** The server is told to stop while requests come: those it has taken are answered, and it ends with 0. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { echoQuestion } from '../../helpers/echo-questions.ts';
import { startLoad, type Incident, type Load, type LoadOptions, type LoadResult } from '../../helpers/load.ts';
import { isAlive } from '../../helpers/processes.ts';
import { workersOf } from '../../helpers/workers.ts';
import { addUp, conclude, type Chaos, type ChaosResult } from '../scenario.ts';

/** The bodies of the second kind take so long to come that the stop falls into them. */
const LOADS = [{ connections: 32 }, { connections: 8, uploadMs: 200 }];
const CONNECTIONS = LOADS.reduce((sum, { connections }) => sum + connections, 0);
const ID = 'x-request-id';

/** Notes what reaches it, and takes its time. */
const NOTING_ECHO = `
  import { appendFileSync } from 'node:fs';
  export default class NotingEcho {
    async handle(data, context) {
      appendFileSync(process.env.SEEN, data.map((_, row) => context.getRequestId(row) + '\\n').join(''));
      await new Promise((resolve) => setTimeout(resolve, Number(process.env.TAKES_MS)));
      return data.map((row) => row.data ?? row.body);
    }
  }
`;

interface Stop {
  readonly load: LoadResult;
  /** Requests that the server did not take: on connections which it closed before it read them. */
  readonly closedUnread: number;
  readonly problems: readonly string[];
}

export async function stopsUnderLoad({ intensity, random, defer, say }: Chaos): Promise<ChaosResult> {
  const stops = intensity === 'long' ? 20 : 3;
  const rounds: Stop[] = [];
  for (let stop = 0; stop < stops; stop += 1) {
    const daemon = await startDaemonOf({ takesMs: random.pick([0, 20, 100]), batchSize: random.pick([1, 8]) });
    defer(() => daemon.close());
    const loads = LOADS.map((options) => startEchoLoad(daemon, options));
    defer(() => Promise.all(loads.map((load) => load.stop())));
    await sleep(random.integer(200, 1000));
    rounds.push(await stopUnder(loads, daemon));
    say(`${stop + 1} of ${stops} stops`);
  }
  return conclude({
    thrown: `SIGTERM while ${CONNECTIONS} connections ask, ${stops} times`,
    load: addUp(rounds.map(({ load }) => load)),
    facts: { requestsClosedUnread: rounds.reduce((sum, { closedUnread }) => sum + closedUnread, 0) },
    problems: rounds.flatMap(({ problems }) => problems),
  });
}

async function startDaemonOf({ takesMs, batchSize }: { takesMs: number; batchSize: number }): Promise<Daemon> {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-test-'));
  await writeFile(seenIn(root), '');
  const daemon = await startDaemon({
    root,
    config: { job_queue_size: 1000, worker_env_vars: '^(TAKES_MS|SEEN)$' },
    env: { TAKES_MS: String(takesMs), SEEN: seenIn(root) },
    fill: (store) => addArchive(store, { name: 'echo', source: NOTING_ECHO }),
  });
  await registerModels(daemon, ['echo'], `batch_size=${batchSize}`);
  return daemon;
}

/** The file in which the handler notes request ids. */
function seenIn(root: string): string {
  return path.join(root, 'seen');
}

function startEchoLoad({ inference }: Daemon, options: Pick<LoadOptions, 'connections' | 'uploadMs'>): Load {
  return startLoad({
    ...options,
    address: inference,
    endsWhenRefused: true,
    question(index) {
      const echo = echoQuestion('echo', index);
      return { ...echo, headers: { ...echo.headers, [ID]: idOf(index, options.uploadMs) } };
    },
  });
}

function idOf(index: number, uploadMs = 0): string {
  return `request-${index}-${uploadMs}`;
}

async function stopUnder(loads: readonly Load[], daemon: Daemon): Promise<Stop> {
  const pids = (await workersOf(daemon, 'echo')).map(({ pid }) => pid ?? 0);
  const code = await daemon.end('SIGTERM');
  const results = await Promise.all(loads.map((load) => load.stop()));
  const orphans = await Promise.all(pids.map(isAlive));
  const taken = new Set([...(await idsSeenByHandler(daemon)), ...idsInAccessLog(daemon)]);
  const judged = results.map((result, index) =>
    withoutNotTaken(result, (incident) => taken.has(idOf(incident.index, LOADS[index]?.uploadMs))),
  );
  return {
    load: addUp(judged),
    closedUnread: addUp(results).lost.filter(isClosed).length - addUp(judged).lost.filter(isClosed).length,
    problems: [
      ...(code === 0 ? [] : [`the daemon ended with ${code}`]),
      ...(orphans.includes(true) ? ['a worker outlived the daemon'] : []),
    ],
  };
}

/** Not refused: the connection was there. */
function isClosed({ message }: Incident): boolean {
  return !message.startsWith('ECONNREFUSED');
}

/**
 * A request on a connection that ended before any byte of an answer was not taken: the server had closed it, or had not
 * accepted it yet (RFC 9112, 9.3.1). Neither handler nor access log may know of it, though.
 */
function withoutNotTaken(load: LoadResult, wasTaken: (incident: Incident) => boolean): LoadResult {
  const lost = load.lost.filter((incident) => !incident.isUntouched || wasTaken(incident));
  return { ...load, lost, refused: load.refused + load.lost.length - lost.length };
}

async function idsSeenByHandler({ root }: Daemon): Promise<string[]> {
  return (await readFile(seenIn(root), 'utf8')).split('\n');
}

function idsInAccessLog(daemon: Daemon): string[] {
  return [...daemon.output().matchAll(/"requestId":"([^"]+)"/g)].map(([, id = '']) => id);
}
