/**
 * The packages that a handler takes from the installation it is served by, and how it finds them: Node looks for
 * `node_modules` in the folders above a file, so links in the parent of the unpacked archive are found and the archive stays as it is.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, realpath, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What is never bundled into a handler: it resolves from the server's installation. */
export const RUNTIME_PACKAGES = ['@marserve/handlers', 'onnxruntime-node', 'sharp', 'faiss-node'] as const;

/**
 * Makes `node_modules` in the parent of a model directory, with a link to each of `RUNTIME_PACKAGES` that is installed.
 * It may be called again, and by several processes at once; links that have become wrong are replaced.
 * @returns the names of the packages that were linked
 */
export async function linkRuntimePackages(parentDirectory: string): Promise<string[]> {
  const handlers = await packageRoot('@marserve/handlers', import.meta.url);
  if (handlers === undefined)
    throw new Error('The package @marserve/handlers is not installed; run npm install again.');
  const linked: string[] = [];
  for (const name of RUNTIME_PACKAGES) {
    const root = name === '@marserve/handlers' ? handlers : await packageRoot(name, join(handlers, 'package.json'));
    if (root === undefined) continue;
    await linkPackage(parentDirectory, name, root);
    linked.push(name);
  }
  return linked;
}

/** The folder of an installed package, as the module `from` would find it; undefined when it is not installed. */
export async function packageRoot(name: string, from: string): Promise<string | undefined> {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
  return found === undefined ? undefined : realpath(found);
}

/** Links one package into `node_modules` of a folder; a link that is there already is replaced in one step. */
export async function linkPackage(parentDirectory: string, name: string, root: string): Promise<void> {
  const link = join(parentDirectory, 'node_modules', name);
  if ((await realpath(link).catch(() => undefined)) === root) return;
  await mkdir(dirname(link), { recursive: true });
  const fresh = `${link}.${randomUUID()}`;
  // "junction" needs no privilege on Windows, and is ignored elsewhere.
  await symlink(root, fresh, 'junction');
  await rename(fresh, link).catch(async (error: unknown) => {
    await rm(fresh, { force: true });
    throw error;
  });
}
