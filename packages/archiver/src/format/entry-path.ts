/** Which names of archive entries may become paths below the destination. */
import { ArchiveError } from './archive-error.ts';

const CONTROL_CHARACTER = /\p{Cc}/u;
/** Linux takes no more in a path; a longer name could only fill memory. */
const MAX_PATH_LENGTH = 4096;
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
  if (path.length > MAX_PATH_LENGTH) return `its name is longer than ${MAX_PATH_LENGTH} characters`;
  if (CONTROL_CHARACTER.test(path)) return 'its name has a control character';
  if (path.startsWith('/') || DRIVE.test(path)) return 'its path is absolute';
  if (path.split('/').includes('..')) return 'its path leaves the archive by ".."';
  return undefined;
}

/** The error for an entry that must not be unpacked. */
export function unsafeEntry(archive: string, name: string, problem: string): ArchiveError {
  return new ArchiveError(
    'unsafe_entry',
    `${archive}: the entry ${JSON.stringify(shortened(name))} was refused: ${problem}.`,
  );
}

/** Characters of a name that are shown. */
const SHOWN = 200;

function shortened(name: string): string {
  return name.length <= SHOWN ? name : `${name.slice(0, SHOWN)}…`;
}
