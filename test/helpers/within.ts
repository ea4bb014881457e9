/** Looking again and again: for something that may not come, and at something while it lasts. */
import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 20;

/** Whether the condition is met before the time is over; a condition that throws is not met. */
export async function isMetWithin(timeoutMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline) return false;
    await sleep(INTERVAL_MS);
  }
  return true;
}

/** Runs the task every so many milliseconds until a promise is settled. @throws what the task throws */
export async function repeatUntil(
  end: Promise<unknown>,
  intervalMs: number,
  task: () => Promise<unknown>,
): Promise<void> {
  const over = new AbortController();
  const finish = () => over.abort();
  end.then(finish, finish);
  while (!over.signal.aborted) {
    await task();
    await sleep(intervalMs);
  }
}
