/** The resident memory of a process, as Linux says it. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const KIB_PER_MB = 1e6 / 1024;

/** MB. @throws Error when there is no such process, or no Linux */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no VmRSS in /proc/${pid}/status`);
  return Number(kib) / KIB_PER_MB;
}

const POLL_MS = 100;
const STILL_MB = 0.2;
const LOOKS = 5;
const MAX_LOOKS = 100;

/** MB, once it has stayed the same for half a second: a process that has just started is not idle yet. */
export async function settledMemory(pid: number): Promise<number> {
  let last = await residentMemory(pid);
  for (let look = 0, still = 0; still < LOOKS && look < MAX_LOOKS; look += 1) {
    await sleep(POLL_MS);
    const now = await residentMemory(pid);
    still = Math.abs(now - last) < STILL_MB ? still + 1 : 0;
    last = now;
  }
  return last;
}

export interface MemoryWatch {
  /** Ends it; MB beyond what there was at the start, at the highest. */
  growth(): number;
}

const WATCH_MS = 20;

/** Looks at a process again and again. */
export async function watchMemory(pid: number): Promise<MemoryWatch> {
  const before = await residentMemory(pid);
  let highest = before;
  const timer = setInterval(() => {
    residentMemory(pid).then(
      (now) => (highest = Math.max(highest, now)),
      () => clearInterval(timer),
    );
  }, WATCH_MS);
  return {
    growth() {
      clearInterval(timer);
      return highest - before;
    },
  };
}
