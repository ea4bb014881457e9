/** A program of others in a session of its own, so that all that it starts can be ended with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, processTree, type ProcessStat } from './process-tree.ts';

export interface ProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Its log is written here, too. */
  readonly cwd: string;
  /** Beyond the environment of the benchmark. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProcessGroup {
  readonly pid: number;
  /** When it was started, by `performance.now()`. */
  readonly started: number;
  /** Rejects when it ends. */
  readonly ended: Promise<never>;
  /** The end of what it has printed. */
  logEnd(): Promise<string>;
  /** Ends it, with all its processes. */
  close(): Promise<void>;
}

const LOG_END = 1500;
const END_MS = 5000;
const POLL_MS = 20;

/** @throws Error when there is no such program */
export async function startGroup({ program, args, cwd, env }: ProgramOptions): Promise<ProcessGroup> {
  const logFile = path.join(cwd, 'server.log');
  const log = await open(logFile, 'a');
  const started = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    // The leader of a session and of a process group.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  try {
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  const logEnd = async () => (await readFile(logFile, 'utf8').catch(() => '')).slice(-LOG_END);
  const ended = whenEnded(child);
  ended.catch(() => {});
  return { pid: child.pid ?? 0, started, ended, logEnd, close: () => endGroup(child) };
}

async function whenEnded(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  throw new Error(`it ended with ${signal ?? `exit code ${code}`}`);
}

/** Asks first. What it started while it ended is ended as well. */
async function endGroup(child: ChildProcess): Promise<void> {
  const root = child.pid ?? 0;
  const tree = await processTree(root);
  signal(-root, 'SIGTERM');
  const left = [...(await untilGone(tree)), ...(await processTree(root))];
  for (const { pid } of left) signal(pid, 'SIGKILL');
  await untilGone(left);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Resolves with those that have not ended in time. */
async function untilGone(processes: readonly ProcessStat[]): Promise<readonly ProcessStat[]> {
  let left = processes;
  for (const start = performance.now(); performance.now() - start < END_MS; await sleep(POLL_MS)) {
    const running = await Promise.all(left.map(isRunning));
    left = left.filter((_, index) => running[index]);
    if (left.length === 0) return left;
  }
  return left;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
