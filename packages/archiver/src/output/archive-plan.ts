/** The files that an archive will hold, each path taken once. */
import { realpathSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import type { PlacedFile } from '../inputs/extra-files.ts';
import { pathProblem } from '../format/entry-path.ts';
import type { ArchiveFile } from '../format/write-archive.ts';
import { PackagingError } from '../packaging-error.ts';

/** A file and the reason why it is in the archive, for messages. */
interface Planned extends PlacedFile {
  readonly origin: string;
}

/** Files and their paths in the archive, before any is written. */
export class ArchivePlan {
  readonly #files = new Map<string, Planned>();
  /** Every folder above a file, with one file that lies in it. */
  readonly #folders = new Map<string, Planned>();

  /**
   * Takes a path for a file.
   * @param origin the option that brought it, as `--extra-files`
   * @throws PackagingError when the path is taken, or must not be in an archive
   */
  add(file: PlacedFile, origin: string): void {
    const problem = pathProblem(file.path) ?? (file.path.includes('\\') ? 'its name has a backslash' : undefined);
    if (problem !== undefined) throw cannotAdd(file, origin, problem);
    const folder = file.path.split('/')[0]?.toUpperCase() ?? '';
    if (['MAR-INF', 'WAR-INF'].includes(folder)) {
      throw cannotAdd(file, origin, `the folder ${folder} of an archive belongs to its manifest`);
    }
    const other = this.#conflict(file.path);
    if (other === undefined) this.#set({ ...file, origin });
    else if (!isSameFile(other, file)) throw conflict(other, { ...file, origin });
  }

  /** Every file, by path. */
  get files(): readonly PlacedFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /**
   * The files with their sizes.
   * @throws PackagingError when one cannot be read
   */
  async measure(): Promise<(ArchiveFile & PlacedFile)[]> {
    return Promise.all(
      this.files.map(async (file) => {
        await access(file.source, constants.R_OK).catch((cause: unknown) => {
          throw new PackagingError('missing_file', `${file.source} cannot be read; check its permissions.`, { cause });
        });
        return { ...file, size: (await stat(file.source)).size };
      }),
    );
  }

  #set(file: Planned): void {
    this.#files.set(file.path, file);
    for (const folder of foldersAbove(file.path)) this.#folders.set(folder, file);
  }

  /** The file that has the path already, or a folder above as its own path, or the path as a folder above it. */
  #conflict(path: string): Planned | undefined {
    const taken = [path, ...foldersAbove(path)].find((candidate) => this.#files.has(candidate));
    return taken === undefined ? this.#folders.get(path) : this.#files.get(taken);
  }
}

function foldersAbove(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

function isSameFile(one: PlacedFile, other: PlacedFile): boolean {
  return one.path === other.path && realpathSync(one.source) === realpathSync(other.source);
}

function conflict(one: Planned, other: Planned): PackagingError {
  const path = one.path === other.path ? `the path ${one.path}` : `the paths ${one.path} and ${other.path}`;
  return new PackagingError(
    'path_conflict',
    `Two files need ${path} of the archive: ${one.source} (${one.origin}) and ${other.source} (${other.origin}). ` +
      `Rename one of them, or put it into a folder and name the folder without a slash at its end.`,
  );
}

function cannotAdd(file: PlacedFile, origin: string, problem: string): PackagingError {
  return new PackagingError('invalid_option', `${file.source} (${origin}) cannot go into an archive: ${problem}.`);
}
