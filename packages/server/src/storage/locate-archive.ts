/** From what a registration calls `url` to a file or folder of this machine. */
import { realpathSync } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ServeError } from '../core/errors.ts';
import { redactSecrets } from '../core/redact-secrets.ts';
import { assertAllowed, isAllowed } from './allowed-urls.ts';
import { bareHandler, findBareModel, listVersions, type BareModel } from './bare-model.ts';
import { findBuiltIn, type BuiltInModel } from './built-in-model.ts';
import { download, fileNameOf, type DownloadOptions } from './download.ts';

/** Where archives may be: in the folder that they are fetched to, or at an address. */
export interface ArchiveLocations extends DownloadOptions {
  /** Takes an archive that was fetched before, where it is still there. */
  readonly reusesDownload?: boolean;
  /** A file that whoever started the server named, wherever it is. */
  readonly modelPath?: string | undefined;
  /** Archives of workflows that whoever started the server named: absolute paths, wherever they are. */
  readonly named?: readonly string[] | undefined;
  /** Source file of the handler of models that are no archives, and a model itself; undefined for `base_handler`. */
  readonly handler?: string | undefined;
  /** The version that is wanted of a folder of several; undefined for the newest. */
  readonly version?: string | undefined;
}

/** An archive, or a model that is none, on this machine. */
export interface LocatedArchive {
  /** Absolute path of the file or folder. */
  readonly path: string;
  /** Whether it was fetched for this registration, and goes with it. */
  readonly isDownloaded: boolean;
  /** Another name that it has for now, see `partial-file.ts`. */
  readonly partial?: string;
  /** The ONNX file, where it is no archive. */
  readonly bare?: BareModel;
  /** The handler that is all there is. */
  readonly builtIn?: BuiltInModel;
  /** Whether such a file may have a part of itself in another one. */
  readonly mayRead: (file: string) => boolean;
}

/** @throws ServeError `archive_not_found`, `url_not_allowed`, `download_failed`, `file_exists`; the texts are TorchServe's */
export async function locateArchive(url: string, locations: ArchiveLocations): Promise<LocatedArchive> {
  if (url === '') throw new ServeError('archive_not_found', 'empty url');
  if (url.split(/[/\\]/).includes('..')) {
    throw new ServeError('archive_not_found', `Relative path is not allowed in url: ${redactSecrets(url)}`);
  }
  const builtIn = findBuiltIn(url);
  if (builtIn !== undefined) return { path: url, isDownloaded: false, builtIn, mayRead: () => false };
  if (/^https?:/i.test(url)) return fetchArchive(canonicalUrl(url), locations);
  const file = /^file:/i.test(url) ? allowedFile(canonicalUrl(url), locations) : inStore(url, locations);
  const bare = await findBare(file, locations);
  if (bare === undefined && !(await exists(file))) throw notFound(url);
  return { path: file, isDownloaded: false, bare, mayRead: mayReadOf(url, locations) };
}

async function findBare(file: string, { handler, version }: ArchiveLocations): Promise<BareModel | undefined> {
  if (file === handler) return bareHandler(handler);
  const bare = await findBareModel(file, version);
  return bare && handler !== undefined ? { ...bare, handler } : bare;
}

/** Files that an address gives one by one are believed one by one. */
function mayReadOf(url: string, { directory, allowedUrls, modelPath }: ArchiveLocations): LocatedArchive['mayRead'] {
  if (/^file:/i.test(url)) return (file) => isAllowed(pathToFileURL(file).href, allowedUrls);
  return (file) => url === modelPath || isBelow(directory, file) || isBelow(realpathSync(directory), file);
}

/**
 * Names of the archives in the model store, and of its ONNX files and versions of models, in alphabetical order but for versions, of
 * which the newest is the first. Hidden entries are skipped, and an ONNX file that lies beside its archive.
 */
export async function listArchives(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const shown = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const archived = new Set(shown.filter(({ name }) => ARCHIVE.test(name)).map(({ name }) => name.replace(ARCHIVE, '')));
  const lists = shown.map(async ({ name }) => {
    const facts = await stat(path.join(directory, name)).catch(() => undefined);
    if (facts?.isDirectory() === true) return listFolder(directory, name);
    return ARCHIVE.test(name) || (isOnnx(name) && !archived.has(name.slice(0, -'.onnx'.length))) ? [name] : [];
  });
  return (await Promise.all(lists)).flat();
}

const ARCHIVE = /\.(mar|model|tar\.gz|tgz)$/i;

/** An archive that is a folder, or a folder of versions: `m/3`, `m/1`. */
async function listFolder(directory: string, name: string): Promise<string[]> {
  const versions = await listVersions(path.join(directory, name));
  return versions.length === 0 ? [name] : versions.map((version) => `${name}/${version}`);
}

function isOnnx(name: string): boolean {
  return /\.onnx$/i.test(name);
}

async function fetchArchive(url: string, locations: ArchiveLocations): Promise<LocatedArchive> {
  assertAllowed(url, locations.allowedUrls);
  const name = fileNameOf(url);
  const file = path.join(locations.directory, name);
  const isThere = await exists(file);
  if (isThere && locations.reusesDownload !== true) {
    throw new ServeError('file_exists', `Model file already exists ${name}`);
  }
  const fetched = isThere ? { path: file } : await download(url, locations);
  return { ...fetched, isDownloaded: true, bare: await findBareModel(fetched.path), mayRead: () => false };
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
function inStore(url: string, { directory, modelPath, handler, named = [] }: ArchiveLocations): string {
  if (url === modelPath || url === handler || named.includes(url)) return url;
  const file = path.resolve(directory, url);
  if (!isBelow(directory, file)) throw notFound(url);
  return file;
}

function isBelow(directory: string, file: string): boolean {
  return file.startsWith(path.resolve(directory) + path.sep);
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
