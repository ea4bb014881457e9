/** Turns `--extra-files` into files and the paths they get in the archive. */
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { PackagingError } from './packaging-error.ts';

/** A file on the disk and its path in the archive. */
export interface PlacedFile {
  readonly path: string;
  readonly source: string;
}

/** What `--extra-files` came to. */
export interface ExtraFiles {
  readonly files: readonly PlacedFile[];
  /** Names that are neither a file, a directory nor a pattern. */
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
  const found = { files: [] as PlacedFile[], missing: [] as string[], unmatched: [] as string[] };
  for (const name of names.map((text) => text.trim()).filter((text) => text !== '')) {
    const stats = await statOf(name);
    if (stats !== undefined) found.files.push(...(await place(name, stats)));
    else if (isDynamicPattern(name)) await expand(name, found);
    else found.missing.push(name);
  }
  return found;
}

async function expand(pattern: string, found: { files: PlacedFile[]; unmatched: string[] }): Promise<void> {
  const onlyFiles = pattern.includes('**');
  const matches = await glob(pattern, { onlyFiles, expandDirectories: false });
  const wanted = matches.map((match) => match.replace(/\/$/, '')).filter((match) => !match.split('/').some(isExcluded));
  if (wanted.length === 0) found.unmatched.push(pattern);
  for (const match of wanted.sort()) found.files.push(...(await place(match, await stat(match))));
}

async function place(name: string, stats: Stats): Promise<PlacedFile[]> {
  const path = basename(resolve(name));
  if (!stats.isDirectory()) return [placed(path, name, stats)];
  return filesBelow(name, /[/\\]$/.test(name) ? '' : `${path}/`, []);
}

/** `above` holds the real paths of the folders that led here: a link to one of them would never end. */
async function filesBelow(directory: string, prefix: string, above: readonly string[]): Promise<PlacedFile[]> {
  const real = await realpath(directory);
  if (above.includes(real)) {
    throw new PackagingError(
      'invalid_option',
      `${directory} is a link to a folder that it lies in; remove it, or name the files one by one.`,
    );
  }
  const files: PlacedFile[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const file = join(directory, name);
    const stats = await stat(file);
    if (!stats.isDirectory()) files.push(placed(`${prefix}${name}`, file, stats));
    else if (!isExcluded(name)) files.push(...(await filesBelow(file, `${prefix}${name}/`, [...above, real])));
  }
  return files;
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

async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}
