/** What Linux says of processes. */
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';

/** A process that has ended and waits for its parent to notice is not alive. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

/** Resident memory in bytes. @throws Error when there is no such process, or it has ended */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no memory any more`);
  return Number(kilobytes) * 1024;
}

/** How many files, pipes and sockets it has open. @throws Error when there is no such process */
export async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** The same without TCP connections, which belong to their clients as well. @throws Error when there is no such process */
export async function openFilesOfItsOwn(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const targets = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')));
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  // proc(5): the tenth field is the socket's inode.
  const connections = new Set(tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)[9])));
  return targets.filter((target) => !connections.has(/^socket:\[(\d+)\]$/.exec(target)?.[1])).length;
}

/** From now on `mostResidentBytes` counts anew. */
export async function forgetMostResident(pid: number): Promise<void> {
  // proc(5): 5 resets the peak resident set size.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** The largest resident memory of a process so far, in bytes. @throws Error when there is no such process */
export async function mostResidentBytes(pid: number): Promise<number> {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
