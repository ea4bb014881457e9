/** Unpacks an archive into a fresh directory. */
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ArchiveEntry, archiveEntries } from './archive-entries.ts';
import { ArchiveError, messageOf, systemCode } from './archive-error.ts';
import { unsafeEntry } from './entry-path.ts';
import { MANIFEST_PATH, type Manifest } from './manifest.ts';
import { missingManifest, parseManifest, type ReadManifestOptions } from './read-manifest.ts';

/**
 * Unpacks an archive (zip, gzipped tar or directory) by streaming, within limits. Files get the mode 0644 and folders 0755;
 * the files of a directory are hard-linked, and copied only where that is impossible.
 * @param destination an empty directory that the caller made, and removes when this throws
 * @returns the manifest; the files it names are there
 * @throws ArchiveError
 */
export async function extractArchive(
  archive: string,
  destination: string,
  options: ReadManifestOptions = {},
): Promise<Manifest> {
  const paths = new Set<string>();
  const place = { archive, destination, folders: new Set<string>() };
  for await (const entry of archiveEntries(archive, options)) {
    await unpack(entry, place);
    paths.add(entry.path);
  }
  if (!paths.has(MANIFEST_PATH)) throw missingManifest(archive);
  const manifest = await parseManifest(createReadStream(join(destination, MANIFEST_PATH)), archive, options.parsers);
  checkNamedFiles(manifest, paths, archive);
  return manifest;
}

interface Place {
  readonly archive: string;
  readonly destination: string;
  /** Folders that have been made. */
  readonly folders: Set<string>;
}

async function unpack(entry: ArchiveEntry, place: Place): Promise<void> {
  const target = join(place.destination, entry.path);
  const folder = dirname(target);
  try {
    if (!place.folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o755 });
    place.folders.add(folder);
    if (entry.file === undefined) {
      await pipeline(await entry.open(), createWriteStream(target, { flags: 'wx', mode: 0o644 }));
    } else {
      await linkOrCopy(entry.file, target);
    }
  } catch (error) {
    throw asArchiveError(error, entry.path, place.archive);
  }
}

/** Another disk, a file of another user, or a file system without hard links: then the file is copied. */
async function linkOrCopy(file: string, target: string): Promise<void> {
  try {
    await link(file, target);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw error;
    await copyFile(file, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await chmod(target, 0o644);
  }
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

function checkNamedFiles({ model }: Manifest, paths: ReadonlySet<string>, archive: string): void {
  for (const field of ['serializedFile', 'modelFile', 'configFile'] as const) {
    const path = model[field];
    if (path === undefined || paths.has(path)) continue;
    const problem = `${archive}: ${MANIFEST_PATH} names the ${field} ${JSON.stringify(path)}, which is not in the archive.`;
    throw new ArchiveError('invalid_manifest', problem);
  }
}
