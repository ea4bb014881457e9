/** Which names of archive entries may become paths below the destination. */
import { ArchiveError } from './archive-error.ts';

const CONTROL_CHARACTER = /\p{Cc}/u;
const DRIVE = /^[A-Za-z]:/;

/**
 * The normal form of an entry's name: `/` as separator, no leading `./`, no trailing `/`; `''` for the root itself.
 * @throws ArchiveError `unsafe_entry` for a name that is absolute, climbs with `..` or holds control characters
 */
export function entryPath(name: string, archive: string): string {
  const slashed = name.replaceAll('\\', '/');
  const problem = pathProblem(slashed);
  if (problem !== undefined) throw unsafeEntry(archive, name, problem);
  return slashed
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

/** Why a path with `/` must not be in an archive, or undefined when it may. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'its name is empty';
  if (CONTROL_CHARACTER.test(path)) return 'its name has a control character';
  if (path.startsWith('/') || DRIVE.test(path)) return 'its path is absolute';
  if (path.split('/').includes('..')) return 'its path leaves the archive by ".."';
  return undefined;
}

/** The error for an entry that must not be unpacked. */
export function unsafeEntry(archive: string, name: string, problem: string): ArchiveError {
  return new ArchiveError('unsafe_entry', `${archive}: the entry ${JSON.stringify(name)} was refused: ${problem}.`);
}
