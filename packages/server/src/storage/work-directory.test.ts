import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { ownerOf, ownFolder } from './folder-owner.ts';
import { createWorkDirectory } from './work-directory.ts';

/** Listens in a folder, says so, and lives until it is killed: as a daemon does. */
const OWNER = `require('node:net').createServer().listen('owner', () => console.log('listening'));`;

/** A folder as a daemon has it, with a model in it. @returns what kills the daemon, and resolves when it is gone */
async function startOwner(folder: string): Promise<() => Promise<void>> {
  await mkdir(path.join(folder, 'models/m'), { recursive: true });
  await writeFile(path.join(folder, 'models/m/model.onnx'), 'weights');
  const child = spawn(process.execPath, ['-e', OWNER], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  onTestFinished(kill);
  await once(child.stdout, 'data');
  return kill;
}

async function openIn(parent: string) {
  const directory = await createWorkDirectory(parent);
  onTestFinished(() => directory.remove());
  return directory;
}

describe('the work directory', () => {
  it('is a folder of this process, and goes when it is removed', async () => {
    const parent = path.join(await temporaryFolder(), 'new');
    const { models, remove } = await createWorkDirectory(parent);
    expect(models).toMatch(new RegExp(`/new/marserve-${process.pid}-\\w+/models$`));
    expect(await readdir(models)).toEqual([]);
    await remove();
    expect(await readdir(parent)).toEqual([]);
  });

  it.each(['short', `long/${'folder/'.repeat(30)}`])(
    'is left alone while its daemon lives, whatever its id: %s',
    async (where) => {
      const parent = path.join(await temporaryFolder(), where);
      // As one of another container: no process here has the id, or another one has.
      const folders = ['marserve-4194303-abcdef', `marserve-${process.pid}-abcdef`, 'marserve-1-abcdef'];
      const [kill] = await Promise.all(folders.map((name) => startOwner(path.join(parent, name))));
      const own = await openIn(parent);
      expect(await readdir(parent)).toEqual(expect.arrayContaining(folders));
      await kill?.();
      const other = await openIn(parent);
      const names = [own, other].map(({ models }) => path.basename(path.dirname(models)));
      expect(new Set(await readdir(parent))).toEqual(new Set([...folders.slice(1), ...names]));
    },
  );

  it('lets what it does not know alone, unless it is empty', async () => {
    const parent = await temporaryFolder();
    const others = ['marserve-1-abcdef', 'marserve-test-abcdef', 'something else'];
    for (const name of others) await mkdir(path.join(parent, name, 'models'), { recursive: true });
    await mkdir(path.join(parent, 'marserve-2-abcdef'));
    await openIn(parent);
    expect(await readdir(parent)).toEqual(expect.arrayContaining(others));
    expect(await readdir(parent)).not.toContain('marserve-2-abcdef');
  });

  it('is there for each of many that start at once', async () => {
    const parent = await temporaryFolder();
    const opened = await Promise.all(Array.from({ length: 20 }, () => openIn(parent)));
    const folders = opened.map(({ models }) => path.basename(path.dirname(models)));
    expect(new Set(await readdir(parent))).toEqual(new Set(folders));
  });

  it('is made again, private and owned, when it was deleted', async () => {
    const parent = await temporaryFolder();
    const { models, ensure } = await openIn(parent);
    const root = path.dirname(models);
    await ensure();
    for (const gone of [models, path.join(root, 'owner'), root]) {
      await rm(gone, { recursive: true });
      await ensure();
      expect(await readdir(models)).toEqual([]);
      expect((await stat(root)).mode & 0o077).toBe(0);
      expect(await ownerOf(root)).toBe('alive');
    }
  });

  it('is not made again where something else has taken its place', async () => {
    const { models, ensure } = await openIn(await temporaryFolder());
    const root = path.dirname(models);
    await rm(root, { recursive: true });
    await symlink(await temporaryFolder(), root);
    await expect(ensure()).rejects.toThrow(`${root} was deleted, and somebody else has put something in its place`);
  });

  it('cannot be owned where it is not', async () => {
    await expect(ownFolder(path.join(await temporaryFolder(), 'nowhere'))).rejects.toThrow(/EACCES|ENOENT/);
  });
});
