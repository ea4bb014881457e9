/** Reads a file in a folder in which others may write as well. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** The user whose files are trusted; undefined where there are no users. */
export function userId(): number | undefined {
  return process.geteuid?.();
}

/**
 * The content of a file of this user; undefined when there is none.
 * @param refusal makes the error for a file that is a link, no regular file, or another user's, from what it is
 */
export function readOwnFile(file: string, refusal: (problem: string) => Error): string | undefined {
  const descriptor = openItself(file, refusal);
  if (descriptor === undefined) return undefined;
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw refusal('is not a regular file');
    const owner = userId() ?? stats.uid;
    if (stats.uid !== owner) throw refusal(`belongs to another user (id ${stats.uid}; this is ${owner})`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** A link is not followed, and a pipe not waited for. */
function openItself(file: string, refusal: (problem: string) => Error): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw refusal('is a link');
    throw refusal(`cannot be read (${message})`);
  }
}
