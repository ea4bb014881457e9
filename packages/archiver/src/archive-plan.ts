/** The files that an archive will hold, each path taken once. */
import { realpathSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import type { PlacedFile } from './extra-files.ts';
import { pathProblem } from './format/entry-path.ts';
import type { ArchiveFile } from './format/write-archive.ts';
import { PackagingError } from './packaging-error.ts';

/** A file and the reason why it is in the archive, for messages. */
interface Planned extends PlacedFile {
  readonly origin: string;
}

export class ArchivePlan {
  readonly #files = new Map<string, Planned>();

  /**
   * Takes a path for a file.
   * @param origin the option that brought it, as `--extra-files`
   * @throws PackagingError when the path is taken, or must not be in an archive
   */
  add(file: PlacedFile, origin: string): void {
    const problem = pathProblem(file.path) ?? (file.path.includes('\\') ? 'its name has a backslash' : undefined);
    if (problem !== undefined) throw cannotAdd(file, origin, problem);
    if (file.path.split('/')[0]?.toUpperCase() === 'MAR-INF') {
      throw cannotAdd(file, origin, 'the folder MAR-INF of an archive belongs to its manifest');
    }
    const other = this.#conflict(file.path);
    if (other === undefined) this.#files.set(file.path, { ...file, origin });
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

  /** The file that has the path, or a part of it as its own, or lies below it. */
  #conflict(path: string): Planned | undefined {
    const segments = path.split('/');
    const taken = segments.map((_, index) => this.#files.get(segments.slice(0, index + 1).join('/')));
    return taken.find((file) => file !== undefined) ?? this.files.find((file) => file.path.startsWith(`${path}/`)) as Planned | undefined;
  }
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
