/** Processor time and memory of a process with everything that it started, as Linux says it (proc(5)). */
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly isZombie: boolean;
  /** Ticks of user and system, of the process and of its children that have ended. */
  readonly ticks: number;
  /** Ticks since the machine was started: with the pid, it names a process for good. */
  readonly startTime: number;
}

/** Of Linux, wherever it runs today. */
const TICKS_PER_SECOND = 100;
const BYTES_PER_KIB = 1024;

/** The processes that descend from this one or belong to its session, itself among them; none when there are none. */
export async function processTree(root: number): Promise<ProcessStat[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(names.map((name) => readStat(Number(name))));
  return treeOf(
    root,
    stats.filter((stat) => stat !== undefined),
  );
}

/** Those of the list. A process whose parent has ended is still in the session. */
export function treeOf(root: number, all: readonly ProcessStat[]): ProcessStat[] {
  const members = new Set(all.filter(({ pid, session }) => pid === root || session === root).map(({ pid }) => pid));
  for (let before = -1; members.size > before;) {
    before = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return all.filter(({ pid }) => members.has(pid));
}

/** A line of /proc/PID/stat. The name in brackets may have spaces and brackets itself. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  // The first field behind the name is the third of the line.
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    session: field(6),
    isZombie: fields[0] === 'Z',
    ticks: field(14) + field(15) + field(16) + field(17),
    startTime: field(22),
  };
}

/** Seconds that the whole tree has computed so far. @throws Error when it is gone */
export async function processorSeconds(root: number): Promise<number> {
  const tree = await processTree(root);
  if (tree.length === 0) throw new Error(`process ${root} is gone`);
  return tree.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND;
}

/** MB of the whole tree; what processes share counts once (proportional set size). */
export async function treeMemory(root: number): Promise<number> {
  const tree = await processTree(root);
  const sizes = await Promise.all(tree.map(({ pid }) => proportionalMemory(pid)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Whether it still runs; what has ended and waits for its parent does not. */
export async function isRunning({ pid, startTime }: ProcessStat): Promise<boolean> {
  const now = await readStat(pid);
  return now !== undefined && now.startTime === startTime && !now.isZombie;
}

async function readStat(pid: number): Promise<ProcessStat | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return line === undefined ? undefined : parseStat(line);
}

/** 0 where the process has ended meanwhile. */
async function proportionalMemory(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? '0';
  return (Number(kib) * BYTES_PER_KIB) / 1e6;
}
