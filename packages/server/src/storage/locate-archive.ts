/** From what a registration calls `url` to a file or folder of this machine. */
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServeError } from '../core/errors.ts';
import { assertAllowed } from './allowed-urls.ts';
import { download, fileNameOf } from './download.ts';

export interface ArchiveLocations {
  /** The model store. */
  readonly directory: string;
  readonly allowedUrls: readonly RegExp[];
  /** Largest archive that is fetched, in bytes. */
  readonly maxBytes: number;
}

export interface LocatedArchive {
  readonly path: string;
  /** Whether it was fetched for this registration, and goes with it. */
  readonly isDownloaded: boolean;
}

/** @throws ServeError `archive_not_found`, `url_not_allowed`, `download_failed`, `file_exists`; the texts are TorchServe's */
export async function locateArchive(url: string, locations: ArchiveLocations): Promise<LocatedArchive> {
  if (url === '') throw new ServeError('archive_not_found', 'empty url');
  if (url.split(/[/\\]/).includes('..')) {
    throw new ServeError('archive_not_found', `Relative path is not allowed in url: ${url}`);
  }
  if (/^https?:/i.test(url)) return fetchArchive(url, locations);
  const file = /^file:/i.test(url) ? allowedFile(url, locations) : inStore(url, locations);
  if (!(await exists(file))) throw notFound(url);
  return { path: file, isDownloaded: false };
}

/** Names of the archives in the model store, in alphabetical order; hidden entries are skipped. */
export async function listArchives(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .filter((entry) => entry.isDirectory() || /\.(mar|model|tar\.gz|tgz)$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function fetchArchive(url: string, locations: ArchiveLocations): Promise<LocatedArchive> {
  assertAllowed(url, locations.allowedUrls);
  const name = fileNameOf(url);
  if (await exists(path.join(locations.directory, name))) {
    throw new ServeError('file_exists', `Model file already exists ${name}`);
  }
  return { path: await download(url, locations), isDownloaded: true };
}

function allowedFile(url: string, { allowedUrls }: ArchiveLocations): string {
  assertAllowed(url, allowedUrls);
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new ServeError('archive_not_found', `Model not found at: ${url}`, { cause: error });
  }
}

/** An absolute path must lie in the store as well. */
function inStore(url: string, { directory }: ArchiveLocations): string {
  const file = path.resolve(directory, url);
  if (!file.startsWith(path.resolve(directory) + path.sep)) throw notFound(url);
  return file;
}

function notFound(url: string): ServeError {
  return new ServeError('archive_not_found', `Model not found at: ${url}`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
