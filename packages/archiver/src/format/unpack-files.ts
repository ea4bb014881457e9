/** Writes the files of an archive into a fresh directory. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ArchiveEntry, archiveEntries } from './archive-entries.ts';
import { ArchiveError, messageOf, systemCode } from './archive-error.ts';
import { unsafeEntry } from './entry-path.ts';
import type { ReadOptions } from './read-budget.ts';
import { sha256 } from './verify-files.ts';

/** How files are unpacked. */
export interface UnpackOptions extends ReadOptions {
  /** Compares every file with its digest, where the manifest has digests; default false. */
  readonly verifies?: boolean;
}

/**
 * @param destination an empty directory
 * @returns path → sha256 of every file; the digests are empty when it `verifies` nothing
 * @throws ArchiveError
 */
export async function unpackFiles(
  archive: string,
  destination: string,
  options: UnpackOptions,
): Promise<Map<string, string>> {
  const { verifies = false } = options;
  const digests = new Map<string, string>();
  const place = { archive, destination, verifies, folders: new Set<string>() };
  for await (const entry of archiveEntries(archive, options)) digests.set(entry.path, await unpack(entry, place));
  return digests;
}

interface Place {
  readonly archive: string;
  readonly destination: string;
  readonly verifies: boolean;
  /** Folders that have been made. */
  readonly folders: Set<string>;
}

/** @returns its digest, or nothing */
async function unpack(entry: ArchiveEntry, place: Place): Promise<string> {
  const target = join(place.destination, entry.path);
  const folder = dirname(target);
  try {
    if (!place.folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o755 });
    place.folders.add(folder);
    if (entry.copyTo === undefined) return await write(await entry.open(), target, place);
    await entry.copyTo(target);
    return place.verifies ? await sha256(createReadStream(target)) : '';
  } catch (error) {
    throw asArchiveError(error, entry.path, place.archive);
  }
}

/** @returns the digest, or nothing */
async function write(content: Readable, target: string, { verifies }: Place): Promise<string> {
  const output = createWriteStream(target, { flags: 'wx', mode: 0o644 });
  if (!verifies) return pipeline(content, output).then(() => '');
  const hash = createHash('sha256');
  content.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(content, output);
  return hash.digest('hex');
}

function asArchiveError(error: unknown, path: string, archive: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR') {
    return unsafeEntry(archive, path, 'another entry is already where it belongs');
  }
  if (code === 'ENAMETOOLONG') return unsafeEntry(archive, path, 'its name is too long for this file system');
  const problem = `${archive}: ${path} could not be unpacked: ${messageOf(error)}`;
  return new ArchiveError('write_failed', problem, { cause: error });
}
