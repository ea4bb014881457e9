/** Another revision of this repository, compiled in a folder of its own. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from './cleanup.ts';
import { git } from './machine.ts';
import { ROOT } from './paths.ts';

export interface Checkout {
  readonly folder: string;
  /** Short hash. */
  readonly revision: string;
}

const OURS = '@marserve';
const FILES: readonly string[] = ['.package-lock.json', '.marserve-setup.json'];

/** It is deleted with the rest. @throws Error when there is no such revision, or it does not compile */
export async function checkOut(name: string, cleanup: Cleanup): Promise<Checkout> {
  const revision = await git('rev-parse', '--short=7', '--verify', `${name}^{commit}`);
  const folder = await mkdtemp(path.join(tmpdir(), `marserve-${revision}-`));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  await git('worktree', 'add', '--detach', folder, revision);
  cleanup.add(() => git('worktree', 'remove', '--force', folder));
  if (await hasOurPackages(folder))
    await linkModules(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  await setUp(folder);
  return { folder, revision };
}

async function hasOurPackages(folder: string): Promise<boolean> {
  const lockfile = (root: string) => readFile(path.join(root, 'package-lock.json'), 'utf8');
  return (await lockfile(ROOT)) === (await lockfile(folder));
}

/**
 * Links to our packages. The links between the packages of the repository are relative: copied as they are, they lead to
 * those of the other checkout. What npm and the set-up remember is copied: they write to it.
 */
async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    if (name === OURS || FILES.includes(name)) await cp(source, target, { recursive: true, verbatimSymlinks: true });
    else if (!name.startsWith('.')) await symlink(source, target);
  }
}

/** Its own way from a checkout to a server that runs; it installs the packages where there are none. */
async function setUp(folder: string): Promise<void> {
  const running = promisify(execFile)(process.execPath, ['scripts/setup.mjs', '--build'], { cwd: folder });
  await running.catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
  });
}
