/**
 * Ends what the handler of a worker that is gone has left: processes that it started, and theirs, be they detached or not. They
 * are found by a mark in the environment that they inherited (Linux alone); one that was started with an environment of its own,
 * or of another user, is not.
 */
import { readdir, readFile } from 'node:fs/promises';

/** The variable that has the mark; a worker's own value is random. */
export const MARK_VARIABLE = 'MARSERVE_WORKER';

const PREFIX = `${MARK_VARIABLE}=`;
/** They may start others while they are looked for. */
const ROUNDS = 5;
/** How many processes are looked at together: the daemon's thread has more to do. */
const AT_ONCE = 8;

/** Never rejects. */
export async function endDescendants(mark: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (let round = 0; round < ROUNDS; round += 1) {
    const pids = (await nextLook()).get(mark) ?? [];
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
  }
}

/** Marked processes by their marks. */
type Marked = ReadonlyMap<string, readonly number[]>;

let coming: Promise<Marked> | undefined;
let latest: Promise<unknown> = Promise.resolve();

/** What the next look at all processes finds: one for all who ask before it begins, since many workers may end together. */
function nextLook(): Promise<Marked> {
  coming ??= latest.then(() => {
    coming = undefined;
    return look();
  });
  latest = coming;
  return coming;
}

async function look(): Promise<Marked> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = new Map<string, number[]>();
  const lookAtRest = async () => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      const mark = await markOf(pid);
      if (mark !== undefined) marked.set(mark, [...(marked.get(mark) ?? []), pid]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lookAtRest));
  return marked;
}

/** Undefined as well for a process that has ended, or of another user. */
async function markOf(pid: number): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const entry = environment.split('\0').find((variable) => variable.startsWith(PREFIX));
  return entry?.slice(PREFIX.length);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
