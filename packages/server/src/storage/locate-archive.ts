/** From what a registration calls `url` to a file or folder of this machine. */
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ServeError } from '../core/errors.ts';
import { redactSecrets } from '../core/redact-secrets.ts';
import { assertAllowed } from './allowed-urls.ts';
import { download, fileNameOf, type DownloadOptions } from './download.ts';

/** Where archives may be: in the folder that they are fetched to, or at an address. */
export interface ArchiveLocations extends DownloadOptions {
  /** Takes an archive that was fetched before, where it is still there. */
  readonly reusesDownload?: boolean;
}

/** An archive on this machine. */
export interface LocatedArchive {
  /** Absolute path of the file or folder. */
  readonly path: string;
  /** Whether it was fetched for this registration, and goes with it. */
  readonly isDownloaded: boolean;
  /** Another name that it has for now, see `partial-file.ts`. */
  readonly partial?: string;
}

/** @throws ServeError `archive_not_found`, `url_not_allowed`, `download_failed`, `file_exists`; the texts are TorchServe's */
export async function locateArchive(url: string, locations: ArchiveLocations): Promise<LocatedArchive> {
  if (url === '') throw new ServeError('archive_not_found', 'empty url');
  if (url.split(/[/\\]/).includes('..')) {
    throw new ServeError('archive_not_found', `Relative path is not allowed in url: ${redactSecrets(url)}`);
  }
  if (/^https?:/i.test(url)) return fetchArchive(canonicalUrl(url), locations);
  const file = /^file:/i.test(url) ? allowedFile(canonicalUrl(url), locations) : inStore(url, locations);
  if (!(await exists(file))) throw notFound(url);
  return { path: file, isDownloaded: false };
}

/** Names of the archives in the model store, in alphabetical order; hidden entries are skipped. */
export async function listArchives(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .filter((entry) => entry.isDirectory() || /\.(mar|model|tar\.gz|tgz)$/i.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function fetchArchive(url: string, locations: ArchiveLocations): Promise<LocatedArchive> {
  assertAllowed(url, locations.allowedUrls);
  const name = fileNameOf(url);
  const file = path.join(locations.directory, name);
  if (!(await exists(file))) return { ...(await download(url, locations)), isDownloaded: true };
  if (locations.reusesDownload) return { path: file, isDownloaded: true };
  throw new ServeError('file_exists', `Model file already exists ${name}`);
}

/** What is matched with `allowed_urls` must be what is fetched: `%2e%2e` and the like are resolved first. */
function canonicalUrl(url: string): string {
  try {
    return new URL(url).href;
  } catch (error) {
    throw new ServeError('invalid_argument', `Parameter url is no valid address: ${redactSecrets(url)}`, {
      cause: error,
    });
  }
}

function allowedFile(url: string, { allowedUrls }: ArchiveLocations): string {
  const file = filePathOf(url);
  assertAllowed(pathToFileURL(file).href, allowedUrls);
  return file;
}

function filePathOf(url: string): string {
  try {
    return path.resolve(fileURLToPath(url));
  } catch (error) {
    throw notFound(url, error);
  }
}

/** An absolute path must lie in the store as well. */
function inStore(url: string, { directory }: ArchiveLocations): string {
  const file = path.resolve(directory, url);
  if (!file.startsWith(path.resolve(directory) + path.sep)) throw notFound(url);
  return file;
}

function notFound(url: string, cause?: unknown): ServeError {
  return new ServeError('archive_not_found', `Model not found at: ${redactSecrets(url)}`, { cause });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
