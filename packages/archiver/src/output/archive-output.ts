/** Where the archive is written: beside its place first, then moved there in one step. */
import { randomUUID } from 'node:crypto';
import { constants, existsSync, statSync } from 'node:fs';
import { access, link, mkdir, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf, systemCode } from '../format/archive-error.ts';
import { PackagingError } from '../packaging-error.ts';

/** What is to be written where. */
export interface OutputRequest {
  /** Of the archive, without its folder. */
  readonly fileName: string;
  /** Default: a model. */
  readonly kind?: 'model' | 'workflow';
  /** Whether the archive is a folder (`no-archive`); default false. */
  readonly isDirectory?: boolean;
  /** See `PackageOptions`. */
  readonly exportPath?: string | undefined;
  /** See `PackageOptions`. */
  readonly force?: boolean | undefined;
}

/** The place of an archive. */
export interface ArchiveOutput {
  /** Of what it is, for messages. */
  readonly kind: 'model' | 'workflow';
  /** The folder, as it was named. */
  readonly exportPath: string;
  /** Absolute path of the archive. */
  readonly path: string;
  /** Whether the archive is a folder (`no-archive`). */
  readonly isDirectory: boolean;
  /** Whether what is there is replaced. */
  readonly force: boolean;
  /** Said when the archive is written. */
  readonly notes: readonly string[];
}

/**
 * Checks that the archive may be put where it belongs, and writes nothing.
 * @throws PackagingError
 */
export async function checkOutput(request: OutputRequest): Promise<ArchiveOutput> {
  const { fileName, kind = 'model', isDirectory = false, exportPath = '.', force = false } = request;
  const directory = resolve(exportPath);
  const path = join(directory, fileName);
  const output = { kind, exportPath: directory, path, isDirectory, force, notes: [] };
  if (!existsSync(directory)) {
    return { ...output, notes: [`Export directory (${exportPath}) does not exist. Creating...`] };
  }
  if (!statSync(directory).isDirectory()) {
    const hint = 'Point to a valid export-path directory.';
    throw new PackagingError('invalid_option', `Given export-path ${exportPath} is not a directory. ${hint}`);
  }
  await access(directory, constants.W_OK).catch((error: unknown) => {
    throw saveFailed(output, error);
  });
  if (!existsSync(path)) return output;
  if (!force) throw alreadyExists(output);
  if (statSync(path).isDirectory() !== output.isDirectory) throw otherKind(output);
  return { ...output, notes: [`Overwriting ${path} ...`] };
}

/**
 * Lets `write` make the archive at a temporary path in the export path, then moves it to its place. Whatever fails, nothing is left
 * behind: neither the temporary file nor an export path that this call made.
 */
export async function writeToOutput<T>(output: ArchiveOutput, write: (target: string) => Promise<T>): Promise<T> {
  let firstMade: string | undefined;
  let workplace: string | undefined;
  let placed = false;
  try {
    firstMade = await mkdir(output.exportPath, { recursive: true });
    workplace = await mkdtemp(join(output.exportPath, '.model-archiver-'));
    const target = join(workplace, 'archive');
    const result = await write(target);
    await place(target, output);
    placed = true;
    return result;
  } catch (error) {
    throw systemCode(error) === undefined ? error : saveFailed(output, error);
  } finally {
    if (workplace !== undefined) await rm(workplace, { recursive: true, force: true });
    if (!placed && firstMade !== undefined) await removeEmpty(output.exportPath, firstMade);
  }
}

async function place(target: string, output: ArchiveOutput): Promise<void> {
  if (output.isDirectory) return placeDirectory(target, output);
  return output.force ? rename(target, output.path) : placeNewFile(target, output);
}

/** Unlike a rename, a link fails when another run was faster. */
async function placeNewFile(target: string, output: ArchiveOutput): Promise<void> {
  const { path } = output;
  try {
    await link(target, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw alreadyExists(output);
    // A file system without hard links: the check is not one step with the rename there.
    if (existsSync(path)) throw alreadyExists(output);
    await rename(target, path);
  }
}

const NOT_EMPTY = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM']);
const ATTEMPTS = 100;

/** A directory cannot be renamed over a full one: with `force` the old one is moved away first, as often as others put theirs there. */
async function placeDirectory(target: string, output: ArchiveOutput): Promise<void> {
  const { path, force } = output;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(target, path);
    } catch (error) {
      if (!NOT_EMPTY.has(systemCode(error) ?? '')) throw error;
      if (!force) throw alreadyExists(output);
      if (attempt === ATTEMPTS) throw error;
      await moveAway(path, join(dirname(target), `old-${randomUUID()}`));
    }
  }
}

async function moveAway(path: string, place: string): Promise<void> {
  await rename(path, place).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

async function removeEmpty(directory: string, last: string): Promise<void> {
  try {
    for (let path = directory; path.length >= last.length; path = dirname(path)) await rmdir(path);
  } catch {
    // Another run has put its archive there meanwhile: the directory stays.
  }
}

function alreadyExists({ kind, path }: ArchiveOutput): PackagingError {
  const hint = `Please specify --force/-f option to overwrite the ${kind} archive output file.\nSee -h/--help for more details.`;
  return new PackagingError('already_exists', `${path} already exists.\n${hint}`);
}

function otherKind({ path, isDirectory }: ArchiveOutput): PackagingError {
  const [expected, found] = isDirectory ? ['a directory', 'a file'] : ['a file', 'a directory'];
  const message = `${path} is ${found}, and this archive format makes ${expected} of that name; --force does not replace it. Remove it first.`;
  return new PackagingError('already_exists', message);
}

function saveFailed({ kind, exportPath }: ArchiveOutput, cause: unknown): PackagingError {
  const hint = 'Check the file permissions and retry.';
  const message = `Failed to save the ${kind}-archive to ${kind}-path "${exportPath}". ${hint} (${messageOf(cause)})`;
  return new PackagingError('write_failed', message, { cause });
}
