/** How busy the machine is with other things: a benchmark beside them is worth little. */
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
