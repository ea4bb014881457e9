/** Compares the files of an archive with the digests in its manifest. */
import { createHash } from 'node:crypto';
import { archiveEntries } from './archive-entries.ts';
import { ArchiveError } from './archive-error.ts';
import { isManifestPath, parseEitherManifest, type EitherManifest } from './either-manifest.ts';
import type { Manifest } from './manifest.ts';
import { missingManifest } from './read-manifest.ts';
import type { ReadOptions } from './read-budget.ts';

/** One file that is not as the manifest says. */
export interface FileDifference {
  /** In the archive. */
  readonly path: string;
  /** Other bytes than the manifest says; in the manifest only; in the archive only. */
  readonly problem: 'differs' | 'missing' | 'extra';
}

/** What a verification found. */
export interface Verification {
  /** What was compared with. */
  readonly manifest: EitherManifest;
  /** Files that were compared. */
  readonly files: number;
  /** Empty when everything is as it was written; sorted by path. */
  readonly differences: readonly FileDifference[];
}

/**
 * Recomputes the sha256 of every file of an archive, by streaming.
 * @throws ArchiveError also `invalid_manifest`, when the manifest has no digests
 */
export async function verifyFiles(archive: string, options: ReadOptions = {}): Promise<Verification> {
  const digests = new Map<string, string>();
  let manifest: EitherManifest | undefined;
  for await (const entry of archiveEntries(archive, options)) {
    const content = await entry.open();
    if (isManifestPath(entry.path)) manifest = await parseEitherManifest(entry.path, content, archive);
    else digests.set(entry.path, await sha256(content));
  }
  if (manifest === undefined) throw missingManifest(archive, digests);
  if (manifest.files === undefined) {
    const problem = `${archive}: its manifest has no digests to verify (it was not made by marserve's model-archiver).`;
    throw new ArchiveError('invalid_manifest', problem);
  }
  return { manifest, files: digests.size, differences: compareDigests(manifest.files, digests) };
}

/** The sha256 of a stream, in lower-case hexadecimal. */
export async function sha256(content: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}

/** Where files differ from their digests; sorted by path. @param found path → sha256 of every file but the manifest */
export function compareDigests(
  files: NonNullable<Manifest['files']>,
  found: ReadonlyMap<string, string>,
): FileDifference[] {
  const differences: FileDifference[] = [];
  for (const [path, { sha256: expected }] of Object.entries(files)) {
    const actual = found.get(path);
    if (actual !== expected) differences.push({ path, problem: actual === undefined ? 'missing' : 'differs' });
  }
  for (const path of found.keys()) {
    if (!Object.hasOwn(files, path)) differences.push({ path, problem: 'extra' });
  }
  return differences.sort((a, b) => (a.path < b.path ? -1 : 1));
}
