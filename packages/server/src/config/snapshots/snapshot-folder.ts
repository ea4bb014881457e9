/** The folder of snapshot files: finds the newest that is whole, adds one that is either there or not, deletes old ones. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { SnapshotKind } from '../../core/registry/registry-snapshot.ts';
import { readProperties } from '../sources/properties-file.ts';
import { formatSnapshot, modelSnapshot, type Snapshot, type SnapshotFile } from './snapshot-format.ts';
import { newestFirst, nextName } from './snapshot-name.ts';

/** A snapshot, and where it was found. */
export interface FoundSnapshot {
  /** Its path, as the folder was given. */
  readonly file: string;
  /** What it holds. */
  readonly snapshot: Snapshot;
}

/** How many files stay. */
const KEPT_FILES = 10;

/**
 * Passes over files that are no snapshots, as a full disk or a hand may have left them.
 * @param onUnusable is told of them
 * @returns undefined when there is no snapshot, or no folder
 * @throws the error of `fs.readdir`
 */
export async function findNewest(
  folder: string,
  onUnusable: (file: string, reason: string) => void,
): Promise<FoundSnapshot | undefined> {
  for (const name of newestFirst(await namesIn(folder))) {
    const file = path.join(folder, name);
    try {
      return { file, snapshot: readSnapshot(file, folder) };
    } catch (error) {
      onUnusable(file, messageOf(error));
    }
  }
  return undefined;
}

function readSnapshot(file: string, cwd: string): Snapshot {
  const property = readProperties(file).findLast(({ key }) => key === 'model_snapshot');
  if (property === undefined) throw new Error('expected the key model_snapshot, which is not there');
  return modelSnapshot.parse(property.value, { cwd });
}

/** Names of all files; none where there is no folder. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Deletes what a daemon that was killed has not finished. @throws the errors of the file system */
export async function removeUnfinished(folder: string): Promise<void> {
  const unfinished = (await namesIn(folder)).filter((name) => TEMPORARY.test(name));
  await Promise.all(unfinished.map((name) => rm(path.join(folder, name), { force: true })));
}

const TEMPORARY = /^\..*\.cfg\.tmp$/;

/** A snapshot to write; its name is made of its kind and its time. */
export interface NewSnapshot extends Omit<SnapshotFile, 'name'> {
  /** What wrote it down: TorchServe names its files by that. */
  readonly kind: SnapshotKind;
}

/**
 * Adds a file that is newer than all others, and deletes the oldest. It is on the disk when this resolves.
 * @throws Error with the file's name
 */
export async function addSnapshot(folder: string, { kind, ...content }: NewSnapshot): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  const name = nextName(kind, names, content.createdAt);
  await writeDurably(folder, name, formatSnapshot({ ...content, name }));
  const old = newestFirst(names).slice(KEPT_FILES - 1);
  await Promise.all(old.map((each) => rm(path.join(folder, each), { force: true })));
}

async function writeDurably(folder: string, name: string, text: string): Promise<void> {
  const [temporary, file] = [path.join(folder, `.${name}.tmp`), path.join(folder, name)];
  try {
    await writeAndSync(temporary, text);
    await rename(temporary, file);
    await syncFolder(folder);
  } catch (error) {
    // On a full disk, half a file would stand in the way of the next.
    await rm(temporary, { force: true }).catch(() => {});
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

async function writeAndSync(file: string, text: string): Promise<void> {
  // Addresses of archives may hold secrets.
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** So that the name lasts, too. Windows does not open folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
