/** Tells a process from a later one that was given the same id. */
import { readFileSync, statSync } from 'node:fs';
import { parseProcessStat } from './system/process-stat.ts';

/** A process that lives. */
export interface ProcessIdentity {
  /** Changes when the id is given to another process; undefined where the system does not say (it does on Linux). */
  readonly startTime?: string;
  /** Id of the user it runs as; undefined where the system does not say. */
  readonly userId?: number;
}

/** @returns undefined when no such process lives */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!isAlive(pid)) return undefined;
  try {
    const { state, startTime } = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    // A zombie has ended; where nobody collects it, as in containers without an init, it stays for ever.
    return state === 'Z' ? undefined : { startTime, userId: statSync(`/proc/${pid}`).uid };
  } catch {
    return isAlive(pid) ? {} : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
