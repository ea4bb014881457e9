/**
 * The other name of a download: its only one while it comes in, and a second link to the archive for as long as only
 * this daemon knows of it. It says who that is, so that what a killed daemon has left can be told from what is in use.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { identify } from '../process-identity.ts';

/** A new name for a file of this process. */
export function partialFileIn(directory: string): string {
  const { startTime = '' } = identify(process.pid) ?? {};
  return path.join(directory, `.${host()}.${process.pid}.${startTime}.${randomUUID()}.part`);
}

/**
 * Deletes what daemons of this machine that are no more have left, archives that came in whole included.
 * @param isKept whether an archive stays, by its file name
 */
export async function removeAbandoned(directory: string, isKept: (archive: string) => boolean): Promise<void> {
  const names = await readdir(directory);
  const abandoned = new Set(names.filter(isAbandoned));
  if (abandoned.size === 0) return;
  const inodes = new Set(await Promise.all([...abandoned].map((name) => inodeOf(path.join(directory, name)))));
  for (const name of names) {
    const file = path.join(directory, name);
    const isOurs = abandoned.has(name) || (!isKept(name) && inodes.has(await inodeOf(file)));
    if (isOurs) await rm(file, { force: true });
  }
}

function isAbandoned(name: string): boolean {
  const [, machine, pid, startTime] = /^\.(.+)\.(\d+)\.(\d*)\.[0-9a-f-]{36}\.part$/.exec(name) ?? [];
  if (machine !== host()) return false;
  const living = identify(Number(pid));
  return living === undefined || (living.startTime ?? '') !== startTime;
}

/** As a part of a file's name. */
function host(): string {
  return hostname().replaceAll(/[^\w.-]/g, '_');
}

/** Undefined for a file that is gone. */
async function inodeOf(file: string): Promise<bigint | undefined> {
  return stat(file, { bigint: true }).then(
    ({ ino }) => ino,
    () => undefined,
  );
}
