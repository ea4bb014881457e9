/** Unpacks an archive into a fresh directory. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ArchiveError } from './archive-error.ts';
import { assertDigests } from './assert-digests.ts';
import { MANIFEST_PATH, type Manifest } from './manifest.ts';
import { missingManifest, parseManifest, type ReadManifestOptions } from './read-manifest.ts';
import { unpackFiles, type UnpackOptions } from './unpack-files.ts';

/** How an archive is unpacked. */
export interface ExtractOptions extends ReadManifestOptions, UnpackOptions {}

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
  const digests = await unpackFiles(archive, destination, options);
  if (!digests.has(MANIFEST_PATH)) throw missingManifest(archive, digests);
  const manifest = await parseManifest(createReadStream(join(destination, MANIFEST_PATH)), archive, options.parsers);
  checkNamedFiles(manifest, digests, archive);
  if (options.verifies === true) assertDigests({ ...manifest, path: MANIFEST_PATH }, digests, archive);
  return manifest;
}

function checkNamedFiles({ model }: Manifest, paths: ReadonlyMap<string, string>, archive: string): void {
  for (const field of ['serializedFile', 'modelFile', 'configFile'] as const) {
    const path = model[field];
    if (path === undefined || paths.has(path)) continue;
    const problem = `${archive}: ${MANIFEST_PATH} names the ${field} ${JSON.stringify(path)}, which is not in the archive.`;
    throw new ArchiveError('invalid_manifest', problem);
  }
}
