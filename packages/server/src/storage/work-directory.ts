/** The folder that archives are unpacked into: private, and gone with the daemon. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { identify } from '../process-identity.ts';

const PREFIX = 'marserve-';

export interface WorkDirectory {
  /** Folder for unpacked models; packages that handlers import can be linked into it. */
  readonly models: string;
  /** Deletes everything. */
  readonly remove: () => Promise<void>;
}

/**
 * Makes a folder named for this process below `parent` (the system's temporary folder by default), and deletes what
 * daemons that are no more have left there.
 */
export async function createWorkDirectory(parent = tmpdir()): Promise<WorkDirectory> {
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const root = await mkdtemp(path.join(parent, `${PREFIX}${process.pid}-`));
  const models = path.join(root, 'models');
  await mkdir(models);
  return { models, remove: () => rm(root, { recursive: true, force: true }) };
}

async function removeAbandoned(parent: string): Promise<void> {
  const names = await readdir(parent);
  const abandoned = names.filter((name) => {
    const pid = new RegExp(`^${PREFIX}(\\d+)-\\w{6}$`).exec(name)?.[1];
    return pid !== undefined && identify(Number(pid)) === undefined;
  });
  await Promise.all(abandoned.map((name) => rm(path.join(parent, name), { recursive: true, force: true })));
}
