import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGroup, type ProcessGroup } from './process-group.ts';
import {
  isRunning,
  parseStat,
  processorSeconds,
  processTree,
  treeMemory,
  treeOf,
  type ProcessStat,
} from './process-tree.ts';

const stat = (pid: number, parent: number, session = 1): ProcessStat => ({
  pid,
  parent,
  session,
  isZombie: false,
  ticks: 1,
  startTime: 0,
});

describe('parseStat', () => {
  it('adds the time of the process and of its ended children, whatever its name is', () => {
    const behind = 'S 7 8 9 0 -1 4194304 100 200 0 0 11 22 33 44 20 0 1 0 5555 1000 10';
    for (const name of ['node', 'a) R (b', 'with space', '']) {
      expect(parseStat(`42 (${name}) ${behind}`)).toEqual({
        pid: 42,
        parent: 7,
        session: 9,
        isZombie: false,
        ticks: 110,
        startTime: 5555,
      });
    }
  });

  it('knows what has ended and waits for its parent', () => {
    expect(parseStat('42 (x) Z 1 1 1 0').isZombie).toBe(true);
  });
});

describe('treeOf', () => {
  const pids = (root: number, all: readonly ProcessStat[]) => treeOf(root, all).map(({ pid }) => pid);

  it('has descendants in any depth and order, and nobody else', () => {
    expect(pids(10, [stat(13, 12), stat(12, 11), stat(11, 10), stat(10, 1), stat(20, 1), stat(21, 20)])).toEqual([
      13, 12, 11, 10,
    ]);
  });

  it('has what belongs to the session though its parent has ended, with its children', () => {
    expect(pids(10, [stat(30, 1, 10), stat(31, 30, 31)])).toEqual([30, 31]);
  });

  it('is empty when all have ended', () => {
    expect(pids(10, [stat(1, 0), stat(2, 1)])).toEqual([]);
  });
});

/** Two of the processes compute for a while, one of them in a session of its own, and one ignores the signal to end. */
const PROGRAM = `
  const { spawn } = require('node:child_process');
  const spin = 'while (process.cpuUsage().user < 2e5); console.log(1); setInterval(() => {}, 1e9)';
  const stay = 'process.on("SIGTERM", () => {}); ' + spin;
  const options = { stdio: ['ignore', 'pipe', 'inherit'] };
  const children = [spawn(process.execPath, ['-e', stay], { ...options, detached: true }), spawn(process.execPath, ['-e', spin], options)];
  let ready = 0;
  for (const child of children) child.stdout.once('data', () => (ready += 1) === 2 && require('node:fs').writeFileSync('ready', ''));
`;

describe('a group of processes', () => {
  let folder: string;
  let group: ProcessGroup;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'marserve-tree-'));
  });

  afterEach(async () => {
    await group.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is counted and ended with everything that it started', async () => {
    group = await startGroup({ program: process.execPath, args: ['-e', PROGRAM], cwd: folder });
    await expect.poll(() => existsSync(path.join(folder, 'ready'))).toBe(true);
    const tree = await processTree(group.pid);
    expect(tree).toHaveLength(3);
    expect(await processorSeconds(group.pid)).toBeGreaterThan(0.3);
    const alone = await lonelyMemory();
    expect(await treeMemory(group.pid)).toBeGreaterThan(alone);
    await group.close();
    expect(await processTree(group.pid)).toEqual([]);
    const detached = tree.find(({ session }) => session !== group.pid);
    expect(detached !== undefined && (await isRunning(detached))).toBe(false);
    await expect(group.ended).rejects.toThrow('it ended with SIGTERM');
  });

  it('says what was in the log of a program that ends by itself', async () => {
    group = await startGroup({ program: process.execPath, args: ['-e', 'throw new Error("no model")'], cwd: folder });
    await expect(group.ended).rejects.toThrow('it ended with exit code 1');
    expect(await group.logEnd()).toContain('no model');
  });

  it('refuses a program that does not exist', async () => {
    await expect(startGroup({ program: path.join(folder, 'none'), args: [], cwd: folder })).rejects.toThrow('ENOENT');
  });
});

/** MB of a node that waits: three of them share most, but not all. */
async function lonelyMemory(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e9)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const memory = await treeMemory(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return memory;
}
