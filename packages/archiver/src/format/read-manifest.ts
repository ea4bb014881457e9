/** Finds and reads the manifest of an archive. */
import type { Readable } from 'node:stream';
import { archiveEntries } from './archive-entries.ts';
import { ArchiveError } from './archive-error.ts';
import { MANIFEST_PATH, type Manifest } from './manifest.ts';
import { readMetaFile } from './meta-file.ts';
import { MANIFEST, type MetaParsers, metaParsers } from './meta-parsers.ts';
import type { ReadOptions } from './read-budget.ts';
import { WORKFLOW_MANIFEST_PATH } from './workflow-manifest.ts';

/** Reading, and who parses. */
export interface ReadManifestOptions extends ReadOptions {
  /** By default those of the calling thread. */
  readonly parsers?: MetaParsers;
}

/**
 * The manifest of an archive, without unpacking the rest.
 * @throws ArchiveError
 */
export async function readManifest(archive: string, options: ReadManifestOptions = {}): Promise<Manifest> {
  const paths = new Set<string>();
  for await (const entry of archiveEntries(archive, options)) {
    // Awaited here: leaving the loop ends the archive's stream.
    if (entry.path === MANIFEST_PATH) return await parseManifest(await entry.open(), archive, options.parsers);
    paths.add(entry.path);
  }
  throw missingManifest(archive, paths);
}

/** The error for an archive without a manifest. @param paths its files */
export function missingManifest(archive: string, paths: { has(path: string): boolean }): ArchiveError {
  const hint = paths.has(WORKFLOW_MANIFEST_PATH)
    ? `it is a workflow (it has ${WORKFLOW_MANIFEST_PATH}), which is registered by POST /workflows`
    : 'make the archive with model-archiver';
  return new ArchiveError('no_manifest', `${archive} has no ${MANIFEST_PATH}; ${hint}.`);
}

/**
 * Checks a manifest and fills in the defaults.
 * @throws ArchiveError `invalid_manifest`, with the fields that are wrong
 */
export async function parseManifest(
  content: Readable,
  archive: string,
  parsers: MetaParsers = metaParsers,
): Promise<Manifest> {
  return parsers.manifest(await readMetaFile(MANIFEST, content, archive), archive);
}
