/** Finds and reads the manifest of an archive. */
import type { Readable } from 'node:stream';
import { archiveEntries } from './archive-entries.ts';
import { ArchiveError } from './archive-error.ts';
import { MANIFEST_PATH, type Manifest, manifestSchema } from './manifest.ts';
import { type MetaFile, readMetaFile } from './meta-file.ts';
import type { ReadOptions } from './read-budget.ts';

const MANIFEST: MetaFile<Manifest> = {
  path: MANIFEST_PATH,
  maxBytes: 8 * 2 ** 20,
  schema: manifestSchema,
  code: 'invalid_manifest',
};

/**
 * The manifest of an archive, without unpacking the rest.
 * @throws ArchiveError
 */
export async function readManifest(archive: string, options: ReadOptions = {}): Promise<Manifest> {
  for await (const entry of archiveEntries(archive, options)) {
    // Awaited here: leaving the loop ends the archive's stream.
    if (entry.path === MANIFEST_PATH) return await parseManifest(await entry.open(), archive);
  }
  throw missingManifest(archive);
}

/** The error for an archive without a manifest. */
export function missingManifest(archive: string): ArchiveError {
  return new ArchiveError('no_manifest', `${archive} has no ${MANIFEST_PATH}; make the archive with model-archiver.`);
}

/**
 * Checks a manifest and fills in the defaults.
 * @throws ArchiveError `invalid_manifest`, with every field that is wrong
 */
export function parseManifest(content: Readable, archive: string): Promise<Manifest> {
  return readMetaFile(MANIFEST, content, archive);
}
