/** Resident memory of worker processes. */
import pidusage from 'pidusage';

/** Bytes by process id; processes that are gone are missing. */
export async function memoryOf(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const stats = await Promise.all(pids.map((pid) => pidusage(pid).catch(() => undefined)));
  const known = stats.flatMap((stat) => (stat === undefined ? [] : [[stat.pid, stat.memory] as const]));
  return new Map(known);
}
