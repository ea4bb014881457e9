/** How busy the machine is with other things: a benchmark beside them is worth little. */
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Share of all cores, 0 to 1, over a second in which this process does nothing. */
export async function measureBusyShare(): Promise<number> {
  const before = cpuTimes();
  await sleep(1000);
  const after = cpuTimes();
  const total = after.total - before.total;
  return total === 0 ? 0 : 1 - (after.idle - before.idle) / total;
}

function cpuTimes(): { idle: number; total: number } {
  const times = os.cpus().map((cpu) => cpu.times);
  const sum = (values: readonly number[]) => values.reduce((left, right) => left + right, 0);
  return { idle: sum(times.map(({ idle }) => idle)), total: sum(times.map((each) => sum(Object.values(each)))) };
}

/**
 * Gives a function that says which share of all cores, 0 to 1, the hypervisor has given to others since; 0 where the system
 * does not tell.
 */
export async function watchStolenShare(): Promise<() => Promise<number>> {
  const before = await stolenTimes();
  return async () => {
    const after = await stolenTimes();
    const total = after.total - before.total;
    return total === 0 ? 0 : (after.stolen - before.stolen) / total;
  };
}

/** Of the first line of Linux' /proc/stat: "cpu", then user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). */
async function stolenTimes(): Promise<{ stolen: number; total: number }> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const times = text.split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number) ?? [];
  return { stolen: times[7] ?? 0, total: times.reduce((left, right) => left + right, 0) };
}
