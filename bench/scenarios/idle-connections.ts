/** What 64 connections at work notice of 10,000 that have had an answer and wait, and what those take of the server's memory. */
import { readFile } from 'node:fs/promises';
import type { Bench } from '../bench.ts';
import { startChild, type Child } from '../child.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import type { OpenConnections, OpenedConnections } from '../idle-connections-process.ts';
import { residentMemory } from '../memory.ts';
import { bodyOf, loadOf } from '../prediction.ts';
import type { Probe, Scenario } from '../scenario.ts';

const LOAD = { model: 'tiny', body: 'json', connections: 64 } as const;
const IDLE = 10_000;
/** Of the server and of the load, beside those connections. */
const OTHER_FILES = 500;
/** Longer than all of it takes. */
const KEEP_ALIVE_SECONDS = 1200;

/** How a body is sent: with its length, or so that node:http has the connection from then on. */
type Framing = 'length' | 'chunks';

/** One for connections that were answered without node:http, one for those that were handed over to it. */
export const idleConnections: readonly Scenario[] = [
  scenarioOf('idle-connections', 'length', '10,000 connections that have had an answer and wait, beside 64 at work'),
  scenarioOf('idle-connections-node', 'chunks', 'the same, of connections whose request came in chunks'),
];

function scenarioOf(name: string, framing: Framing, title: string): Scenario {
  return {
    name,
    title,
    limit: { label: 'the same without them', start: async (bench) => probeOf(bench, await startServer(bench)) },
    marserve: { label: 'marserve', start: (bench) => startWithIdle(bench, framing) },
    goals: [
      { metric: 'p99', compare: 'ratio', atMost: 1.3 },
      // 5 KB each.
      { metric: 'memory', compare: 'difference', atMost: 50 },
    ],
    extraSeconds: { full: 10, quick: 10 },
  };
}

async function startServer(bench: Bench): Promise<Daemon> {
  await refuseTooFewFiles();
  await bench.archive(LOAD.model);
  const daemon = await startDaemon(bench, { keep_alive_timeout: String(KEEP_ALIVE_SECONDS) });
  await daemon.register(LOAD.model);
  return daemon;
}

/** Node itself raises its limit as far as it may. @throws Error that says what to do */
async function refuseTooFewFiles(): Promise<void> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const most = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  if (most >= IDLE + OTHER_FILES) return;
  throw new Error(
    `${IDLE} connections need ${IDLE + OTHER_FILES} open files in a process, and at most ${most} are allowed here; raise the hard limit (ulimit -Hn, LimitNOFILE, docker run --ulimit nofile=…)`,
  );
}

async function startWithIdle(bench: Bench, framing: Framing): Promise<Probe> {
  const daemon = await startServer(bench);
  const probe = await probeOf(bench, daemon);
  // As much as the limit has grown before it is measured.
  await probe(bench.timing.warmUp);
  const clients = startChild('idle-connections-process');
  bench.defer(() => clients.close());
  const { port } = new URL(daemon.inference);
  const request = await requestOf(bench, framing);
  await clients.ask({ port: Number(port), count: IDLE, request } satisfies OpenConnections);
  return async (seconds) => {
    const sample = await probe(seconds);
    await refuseClosed(clients);
    return sample;
  };
}

/** @throws Error when the server has closed some: what was measured is not what it says */
async function refuseClosed(clients: Child): Promise<void> {
  const { open } = await clients.ask<OpenedConnections>({});
  if (open < IDLE) throw new Error(`of ${IDLE} idle connections the server has closed ${IDLE - open}`);
}

async function probeOf(bench: Bench, daemon: Daemon): Promise<Probe> {
  const load = await loadOf(bench, daemon, LOAD);
  return async (seconds) => ({ ...(await load(seconds)), memory: await residentMemory(daemon.pid) });
}

async function requestOf(bench: Bench, framing: Framing): Promise<string> {
  const { body: file, contentType } = await bodyOf(bench, LOAD.model, LOAD.body);
  const body = await readFile(file, 'latin1');
  const head = `POST /predictions/${LOAD.model} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\nContent-Type: ${contentType}\r\n`;
  if (framing === 'length') return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  return `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}
