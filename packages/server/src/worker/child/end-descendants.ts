/**
 * Ends what the handler of a worker that is gone has left: processes that it started, and theirs, be they detached or not. They
 * are found by a mark in the environment that they inherited, or by the worker's session (Linux alone); one that has a session
 * and an environment of its own, or is another user's, is not.
 */
import { readdir, readFile } from 'node:fs/promises';
import { parseProcessStat } from '../../system/process-stat.ts';

/** The variable that has the mark; a worker's own value is random. */
export const MARK_VARIABLE = 'MARSERVE_WORKER';

const PREFIX = `${MARK_VARIABLE}=`;
/** They may start others while they are looked for. */
const ROUNDS = 5;
/** How many processes are looked at together: the daemon's thread has more to do. */
const AT_ONCE = 8;

/** What the processes of a worker have in common: one or both. */
export interface WorkerTraits {
  /** The value of the variable. */
  readonly mark: string;
  /** Id of the process that led their session: the worker; undefined when it was not started. */
  readonly session: number | undefined;
}

/** Never rejects. */
export async function endDescendants({ mark, session }: WorkerTraits): Promise<void> {
  if (process.platform !== 'linux') return;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = (await nextLook()).filter(
      (each) => each.mark === mark || (session !== undefined && each.session === session),
    );
    if (found.length === 0) return;
    for (const { pid } of found) kill(pid);
  }
}

interface FoundProcess {
  readonly pid: number;
  readonly mark: string | undefined;
  readonly session: number | undefined;
}

let coming: Promise<readonly FoundProcess[]> | undefined;
let latest: Promise<unknown> = Promise.resolve();

/** What the next look at all processes finds: one for all who ask before it begins, since many workers may end together. */
function nextLook(): Promise<readonly FoundProcess[]> {
  coming ??= latest.then(() => {
    coming = undefined;
    return look();
  });
  latest = coming;
  return coming;
}

async function look(): Promise<readonly FoundProcess[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found: FoundProcess[] = [];
  const lookAtRest = async () => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      const mark = await markOf(pid);
      found.push({ pid, mark, session: mark === undefined ? await sessionOf(pid) : undefined });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lookAtRest));
  return found;
}

/** Undefined as well for a process that has ended, or of another user. */
async function markOf(pid: number): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const entry = environment.split('\0').find((variable) => variable.startsWith(PREFIX));
  return entry?.slice(PREFIX.length);
}

/** Undefined as well for a process that has ended. */
async function sessionOf(pid: number): Promise<number | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const { state, session } = parseProcessStat(line);
  return line === '' || state === 'Z' ? undefined : Number(session);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
