/** The folder that archives are unpacked into: private, and gone with the daemon. */
import { lstat, mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownerOf, ownFolder, type OwnedFolder } from './folder-owner.ts';

const PREFIX = 'marserve-';
const NAME = new RegExp(`^${PREFIX}\\d+-\\w{6}$`);

/** The folder of one daemon. */
export interface WorkDirectory {
  /** Folder for unpacked models; packages that handlers import can be linked into it. */
  readonly models: string;
  /** Makes the folders again where somebody has deleted them. @throws Error when another user has made one there */
  readonly ensure: () => Promise<void>;
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
  const { root, owned } = await createOwned(parent);
  const models = path.join(root, 'models');
  await mkdir(models);
  let owner = owned;
  return {
    models,
    async ensure() {
      await mkdir(parent, { recursive: true });
      await ensurePrivate(root);
      if ((await ownerOf(root)) !== 'alive') {
        await owner.release();
        owner = await ownFolder(root);
      }
      await mkdir(models, { recursive: true });
    },
    async remove() {
      await rm(root, { recursive: true, force: true });
      await owner.release();
    },
  };
}

/** Its name is known by now: another user may have been faster where all may write. */
async function ensurePrivate(root: string): Promise<void> {
  await mkdir(root, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const stats = await lstat(root);
  const isOurs = stats.isDirectory() && stats.uid === (process.getuid?.() ?? stats.uid);
  if (!isOurs) throw new Error(`${root} was deleted, and somebody else has put something in its place`);
}

/** Another daemon may take it for abandoned in the moment before it has its owner. */
const ATTEMPTS = 10;

async function createOwned(parent: string): Promise<{ root: string; owned: OwnedFolder }> {
  for (let attempt = 1; ; attempt += 1) {
    const root = await mkdtemp(path.join(parent, `${PREFIX}${process.pid}-`));
    try {
      return { root, owned: await ownFolder(root) };
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      if (attempt === ATTEMPTS || !isGone(error)) throw error;
    }
  }
}

/** A folder in which nobody listens, and where nobody ever did, is left alone unless it is empty. */
async function removeAbandoned(parent: string): Promise<void> {
  const folders = (await readdir(parent)).filter((name) => NAME.test(name)).map((name) => path.join(parent, name));
  for (const folder of folders) {
    const owner = await ownerOf(folder);
    if (owner === 'gone') await rm(folder, { recursive: true, force: true });
    else if (owner === 'unknown') await rmdir(folder).catch(() => {});
  }
}

/** Binding a socket says EACCES or EINVAL, too, where the folder is gone. */
function isGone(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'EACCES';
}
