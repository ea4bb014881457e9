/** Turns `--extra-files` into files and the paths they get in the archive. */
import type { Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { DEAD_LINKS_TOO } from './glob-links.ts';
import { PackagingError } from '../packaging-error.ts';

/** A file on the disk and its path in the archive. */
export interface PlacedFile {
  /** With `/`, relative to the archive's root. */
  readonly path: string;
  /** Where it is read from. */
  readonly source: string;
}

/** What `--extra-files` came to. */
export interface ExtraFiles {
  /** In the order in which they were named; a folder's files by their paths. */
  readonly files: readonly PlacedFile[];
  /** Names that are neither a file, a directory nor a pattern, and links that lead nowhere. */
  readonly missing: readonly string[];
  /** Patterns that match nothing. */
  readonly unmatched: readonly string[];
}

/** Directories that never go into an archive, as in torch-model-archiver; directories whose name begins with a dot do not either. */
const EXCLUDED = new Set(['__MACOSX', '__pycache__']);

/**
 * A file goes to the root; `dir` keeps its folder, `dir/` puts its contents at the root; what a glob matches goes to the root,
 * folders with their name (but with `**` only files are taken).
 */
export async function findExtraFiles(names: readonly string[]): Promise<ExtraFiles> {
  const found: Found = { files: [], missing: [], unmatched: [] };
  for (const name of names.map((text) => text.trim()).filter((text) => text !== '')) {
    if (!(await exists(name)) && isDynamicPattern(name)) await expand(name, found);
    else await take(name, found);
  }
  return found;
}

interface Found {
  readonly files: PlacedFile[];
  readonly missing: string[];
  readonly unmatched: string[];
}

async function expand(pattern: string, found: Found): Promise<void> {
  const onlyFiles = pattern.includes('**');
  const matches = await glob(pattern, { onlyFiles, expandDirectories: false, fs: DEAD_LINKS_TOO });
  const wanted = matches.map((match) => match.replace(/\/$/, '')).filter((match) => !match.split('/').some(isExcluded));
  if (wanted.length === 0) found.unmatched.push(pattern);
  for (const match of wanted.sort()) await take(match, found);
}

async function take(name: string, found: Found): Promise<void> {
  const path = basename(resolve(name));
  const stats = await statOf(name);
  if (stats === undefined) found.missing.push(name);
  else if (!stats.isDirectory()) found.files.push(placed(path, name, stats));
  else await takeBelow(name, { prefix: /[/\\]$/.test(name) ? '' : `${path}/`, above: [] }, found);
}

interface Folder {
  /** What the paths of its files begin with in the archive. */
  readonly prefix: string;
  /** The real paths of the folders that led here: a link to one of them would never end. */
  readonly above: readonly string[];
}

async function takeBelow(directory: string, { prefix, above }: Folder, found: Found): Promise<void> {
  const real = await realpath(directory);
  if (above.includes(real)) {
    throw new PackagingError(
      'invalid_option',
      `${directory} is a link to a folder that it lies in; remove it, or name the files one by one.`,
    );
  }
  for (const name of (await readdir(directory)).sort()) {
    const file = join(directory, name);
    const stats = await statOf(file);
    if (stats === undefined) found.missing.push(file);
    else if (!stats.isDirectory()) found.files.push(placed(`${prefix}${name}`, file, stats));
    else if (!isExcluded(name)) await takeBelow(file, { prefix: `${prefix}${name}/`, above: [...above, real] }, found);
  }
}

function placed(path: string, source: string, stats: Stats): PlacedFile {
  if (stats.isFile()) return { path, source };
  throw new PackagingError(
    'invalid_option',
    `${source} is neither a file nor a directory, so it cannot go into an archive.`,
  );
}

function isExcluded(name: string): boolean {
  return EXCLUDED.has(name) || (name.startsWith('.') && name !== '.' && name !== '..');
}

/** Undefined where nothing is, and for a link that leads nowhere. */
async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
