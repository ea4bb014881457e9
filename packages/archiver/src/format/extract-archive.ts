/** Unpacks an archive into a fresh directory. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ArchiveEntry, archiveEntries } from './archive-entries.ts';
import { ArchiveError, messageOf, systemCode } from './archive-error.ts';
import { unsafeEntry } from './entry-path.ts';
import { MANIFEST_PATH, type Manifest } from './manifest.ts';
import { missingManifest, parseManifest, type ReadManifestOptions } from './read-manifest.ts';
import { compareDigests, sha256 } from './verify-files.ts';

/** How an archive is unpacked. */
export interface ExtractOptions extends ReadManifestOptions {
  /** Compares every file with its digest, where the manifest has digests; default false. */
  readonly verifies?: boolean;
}

/**
 * Unpacks an archive (zip, gzipped tar or directory) by streaming, within limits. Files get the mode 0644 and folders 0755;
 * the files of a directory are copied, so that whoever writes into one does not change the archive.
 * @param destination an empty directory that the caller made, and removes when this throws
 * @returns the manifest; the files it names are there
 * @throws ArchiveError
 */
export async function extractArchive(
  archive: string,
  destination: string,
  options: ExtractOptions = {},
): Promise<Manifest> {
  const { verifies = false } = options;
  /** Path → digest; empty when it is not asked for. */
  const paths = new Map<string, string>();
  const place = { archive, destination, verifies, folders: new Set<string>() };
  for await (const entry of archiveEntries(archive, options)) paths.set(entry.path, await unpack(entry, place));
  if (!paths.has(MANIFEST_PATH)) throw missingManifest(archive);
  const manifest = await parseManifest(createReadStream(join(destination, MANIFEST_PATH)), archive, options.parsers);
  checkNamedFiles(manifest, paths, archive);
  if (verifies) checkDigests(manifest, paths, archive);
  return manifest;
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

function checkNamedFiles({ model }: Manifest, paths: ReadonlyMap<string, string>, archive: string): void {
  for (const field of ['serializedFile', 'modelFile', 'configFile'] as const) {
    const path = model[field];
    if (path === undefined || paths.has(path)) continue;
    const problem = `${archive}: ${MANIFEST_PATH} names the ${field} ${JSON.stringify(path)}, which is not in the archive.`;
    throw new ArchiveError('invalid_manifest', problem);
  }
}

/** The manifest is not among its own digests. An archive without digests passes. */
function checkDigests({ files }: Manifest, digests: Map<string, string>, archive: string): void {
  if (files === undefined) return;
  digests.delete(MANIFEST_PATH);
  const [first, ...others] = compareDigests(files, digests);
  if (first === undefined) return;
  const { path, problem } = first;
  const problems = {
    differs: `differs from its digest (sha256) in ${MANIFEST_PATH}: expected ${files[path]?.sha256}, came ${digests.get(path)}`,
    missing: `is missing, though ${MANIFEST_PATH} has its digest (sha256 ${files[path]?.sha256})`,
    extra: `is in the archive, but has no digest in ${MANIFEST_PATH} (its sha256 is ${digests.get(path)})`,
  };
  const more =
    others.length === 0 ? '' : `; ${others.length} more ${others.length === 1 ? 'is' : 'are'} not as it says`;
  throw new ArchiveError('digest_mismatch', `${archive}: ${path} ${problems[problem]}${more}.`);
}
