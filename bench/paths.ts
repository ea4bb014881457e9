/** Where things are, be this the source or what was compiled from it. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The repository. */
export const ROOT = findRoot(import.meta.dirname);

/** A path in the repository's `bench` folder. */
export const inBench = (...segments: readonly string[]) => path.join(ROOT, 'bench', ...segments);

/** A compiled program of the benchmark, to be run as a process of its own. */
export const program = (name: string) => inBench('dist/bench', name);

function findRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package-lock.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`no package-lock.json in any folder above ${import.meta.dirname}`);
  return findRoot(parent);
}
