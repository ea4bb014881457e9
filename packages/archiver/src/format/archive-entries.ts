/** The files of an archive of any format, one after the other, each checked before it is handed out. */
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ArchiveError, messageOf, systemCode } from './archive-error.ts';
import { directoryEntries } from './directory-entries.ts';
import { unsafeEntry } from './entry-path.ts';
import { ReadBudget, type ReadOptions } from './read-budget.ts';

/** How an archive is stored. */
export type ArchiveKind = 'zip' | 'tgz' | 'directory';

/** One entry, as a format's own reader gives it. */
export interface RawEntry {
  /** Path inside the archive with `/`, checked; `''` for the root folder itself. */
  readonly path: string;
  /** Whether it is a folder, which has no content. */
  readonly isDirectory: boolean;
  /** Bytes, as the archive claims. */
  readonly size: number;
  /** Copies the file, with the help of the file system: in an archive that is a directory, where `open` is not needed then. */
  readonly copyTo?: (target: string) => Promise<void>;
  /** The content, counted by the budget; before the next entry is asked for, or not at all. */
  open(): Promise<Readable>;
}

/** One file of an archive. */
export type ArchiveEntry = Omit<RawEntry, 'isDirectory'>;

/** Which of the three kinds lies at `archive`, by its content, and how big it is. */
export async function archiveKind(archive: string): Promise<{ kind: ArchiveKind; size: number }> {
  try {
    const stats = await stat(archive);
    if (stats.isDirectory()) return { kind: 'directory', size: Infinity };
    if (!stats.isFile()) throw new ArchiveError('not_an_archive', `${archive} is neither a file nor a directory.`);
    return { kind: (await isGzip(archive)) ? 'tgz' : 'zip', size: stats.size };
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') {
      throw new ArchiveError('not_found', `There is no archive at ${archive}.`, { cause: error });
    }
    throw new ArchiveError('unreadable', `${archive} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The files of an archive (`.mar`, `.model` and every other zip, `.tar.gz`, or a directory) in their stored order. Nothing is
 * held in memory; leaving the loop early closes the archive.
 * @throws ArchiveError
 */
export async function* archiveEntries(archive: string, options: ReadOptions = {}): AsyncGenerator<ArchiveEntry, void> {
  const { kind, size } = await archiveKind(archive);
  const budget = new ReadBudget(archive, size, options);
  const seen = new Set<string>();
  const folders = new Set<string>();
  const read = await readers[kind]();
  for await (const entry of read(archive, budget)) {
    countFolders(entry.path, folders, budget);
    await budget.pause();
    if (entry.isDirectory) continue;
    if (seen.has(entry.path)) throw unsafeEntry(archive, entry.path, 'another entry has the same path');
    seen.add(entry.path);
    yield entry;
  }
}

/** Folders without an entry of their own count as well: each deep path would make thousands of them. */
function countFolders(path: string, folders: Set<string>, budget: ReadBudget): void {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const folder = path.slice(0, end);
    if (folders.has(folder)) return;
    folders.add(folder);
    budget.countFolder();
  }
}

/** Their libraries are loaded when there is something for them to read. */
const readers = {
  zip: async () => (await import('./zip-entries.ts')).zipEntries,
  tgz: async () => (await import('./tar-entries.ts')).tarEntries,
  directory: async () => directoryEntries,
} as const;

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const magic = Buffer.alloc(2);
    await handle.read(magic, 0, 2, 0);
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
