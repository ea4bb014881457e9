/** What Linux says of processes. */
import { readFile } from 'node:fs/promises';

/** A process that has ended and waits for its parent to notice is not alive. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}
