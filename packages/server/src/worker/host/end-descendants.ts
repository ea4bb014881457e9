/**
 * Ends what the handler of a worker that is gone has left: processes that it started, and theirs, be they detached or not. They
 * are found by a mark in the environment that they inherited (Linux alone); one that was started with an environment of its own,
 * or of another user, is not.
 */
import { readdir, readFile } from 'node:fs/promises';

/** The variable that has the mark; a worker's own value is random. */
export const MARK_VARIABLE = 'MARSERVE_WORKER';

/** They may start others while they are looked for. */
const ROUNDS = 5;

/** Never rejects. */
export async function endDescendants(mark: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (let round = 0; round < ROUNDS; round += 1) {
    const pids = await markedProcesses(`${MARK_VARIABLE}=${mark}`);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
  }
}

async function markedProcesses(entry: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map((pid) => hasEntry(pid, entry)));
  return pids.filter((_, index) => marked[index]);
}

/** False as well for a process that has ended, or of another user. */
async function hasEntry(pid: number, entry: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(entry);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
