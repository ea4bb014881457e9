/** Reads an archive that is a directory (`--archive-format no-archive`). */
import type { Stats } from 'node:fs';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, opendir, realpath, stat } from 'node:fs/promises';
import { join, relative, isAbsolute, sep } from 'node:path';
import { pipeline } from 'node:stream';
import type { RawEntry } from './archive-entries.ts';
import { ContentCheck } from './content-check.ts';
import { entryPath, unsafeEntry } from './entry-path.ts';
import type { ReadBudget } from './read-budget.ts';

/** The files and folders below a directory. A link is followed where it leads to a file of the same directory. */
export async function* directoryEntries(archive: string, budget: ReadBudget): AsyncGenerator<RawEntry, void> {
  const root = await realpath(archive);
  for await (const { file, isLink } of itemsBelow(root)) {
    budget.countEntry();
    const name = relative(root, file).replaceAll(sep, '/');
    const path = entryPath(name, archive);
    const target = isLink ? await linkTarget(file, { root, name, archive }) : file;
    const stats = await stat(target);
    if (!stats.isDirectory() && !stats.isFile()) throw unsafeEntry(archive, name, 'it is not a regular file or folder');
    const copyTo = (copy: string) => copyCounted(target, copy, stats.size);
    yield { path, isDirectory: stats.isDirectory(), size: stats.size, copyTo, open: async () => content(target) };
  }

  /** A copy of its own, and no hard link: whoever writes into it must not change the archive. */
  async function copyCounted(file: string, copy: string, bytes: number): Promise<void> {
    budget.countBytes(bytes);
    await copyFile(file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await chmod(copy, 0o644);
  }

  function content(file: string) {
    return pipeline(
      createReadStream(file),
      budget.meter(),
      new ContentCheck({ archive, budget, path: file }),
      () => {},
    );
  }
}

/** Not by `opendir`'s own recursion: in Node 20 that leaves out files of folders with more than 32. */
async function* itemsBelow(folder: string): AsyncGenerator<{ file: string; isLink: boolean }, void> {
  for await (const item of await opendir(folder)) {
    const file = join(folder, item.name);
    yield { file, isLink: item.isSymbolicLink() };
    if (item.isDirectory()) yield* itemsBelow(file);
  }
}

interface Link {
  readonly root: string;
  readonly name: string;
  readonly archive: string;
}

async function linkTarget(link: string, { root, name, archive }: Link): Promise<string> {
  const target = await realpath(link).catch(() => undefined);
  if (target === undefined) throw unsafeEntry(archive, name, 'it is a link that leads nowhere');
  const inside = relative(root, target);
  if (inside.startsWith('..') || isAbsolute(inside))
    throw unsafeEntry(archive, name, 'it is a link that leaves the archive');
  const stats: Stats = await stat(target);
  if (stats.isDirectory()) throw unsafeEntry(archive, name, 'it is a link to a folder');
  return target;
}
