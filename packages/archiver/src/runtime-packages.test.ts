import { mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RUNTIME_PACKAGES, linkRuntimePackages, packageRoot } from './runtime-packages.ts';
import { temporaryFolder } from './test-support/temporary-folder.ts';

it('lets a module in a folder below find the packages of the installation', async () => {
  const parent = await temporaryFolder();
  const linked = await linkRuntimePackages(parent);
  expect(RUNTIME_PACKAGES).toEqual(expect.arrayContaining(linked));
  expect(linked).toEqual(expect.arrayContaining(['@marserve/handlers', 'onnxruntime-node', 'sharp']));
  const handler = join(parent, 'model', 'handler.mjs');
  for (const name of linked) {
    expect(await packageRoot(name, handler)).toBe(await realpath(join(parent, 'node_modules', name)));
  }
  expect(createRequire(handler).resolve('sharp')).toBe(createRequire(import.meta.url).resolve('sharp'));
});

it('may be called again, and by several at once; wrong links are replaced', async () => {
  const parent = await temporaryFolder();
  await mkdir(join(parent, 'node_modules'));
  await symlink('/nowhere', join(parent, 'node_modules', 'sharp'));
  const results = await Promise.all(Array.from({ length: 8 }, () => linkRuntimePackages(parent)));
  expect(new Set(results.map(String)).size).toBe(1);
  expect(await packageRoot('sharp', join(parent, 'x'))).toBe(await packageRoot('sharp', import.meta.url));
  expect((await readdir(join(parent, 'node_modules'))).every((name) => !/[0-9a-f]{8}-/.test(name))).toBe(true);
});

it('finds no folder for a package that is not installed', async () => {
  expect(await packageRoot('no-such-package', import.meta.url)).toBeUndefined();
});
