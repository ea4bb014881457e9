import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRestorer, type RestoreFiles } from './restore-files.ts';

const FILES = ['handler.mjs', 'MAR-INF/MANIFEST.json', 'data/a/b.txt'];

describe('files of a model that are gone', () => {
  let parent: string;
  let modelDir: string;
  let restoreFiles: RestoreFiles;

  const unpack = async (folder: string) => {
    for (const file of FILES) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), 'unpacked');
    }
  };

  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'restore-files-'));
    modelDir = path.join(parent, 'model');
    await unpack(modelDir);
    restoreFiles = await createRestorer({ modelDir, links: parent, archive: 'm.mar', unpackAgain: unpack });
  });

  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('are not looked for in vain', () => {
    expect(restoreFiles()).toBeUndefined();
  });

  it.each(['.', ...FILES, 'data', 'data/a'])('are there again when somebody deleted %s', async (gone) => {
    await rm(path.join(modelDir, gone), { recursive: true });
    await restoreFiles();
    expect(restoreFiles()).toBeUndefined();
    expect(await readdir(parent)).toEqual(['model']);
  });

  it('are there again when a handler has made the folder anew', async () => {
    await rm(modelDir, { recursive: true });
    await mkdir(modelDir);
    await restoreFiles();
    expect(restoreFiles()).toBeUndefined();
  });

  it('come beside those that a handler has changed or made, which stay', async () => {
    await writeFile(path.join(modelDir, 'handler.mjs'), 'changed');
    await writeFile(path.join(modelDir, 'data/cache'), 'made');
    await rm(path.join(modelDir, 'MAR-INF'), { recursive: true });
    await restoreFiles();
    expect(restoreFiles()).toBeUndefined();
    expect(await readFile(path.join(modelDir, 'handler.mjs'), 'utf8')).toBe('changed');
    expect(await readFile(path.join(modelDir, 'data/cache'), 'utf8')).toBe('made');
  });

  it('are there again while a handler goes on writing beside them', async () => {
    const rounds = { left: 20 };
    const write = async () => {
      for (let count = 0; rounds.left > 0; count = (count + 1) % 50) {
        await writeFile(path.join(modelDir, `scratch-${count}`), 'x').catch(() => {});
      }
    };
    const writers = [write(), write(), write()];
    try {
      for (; rounds.left > 0; rounds.left -= 1) {
        await rm(path.join(modelDir, 'MAR-INF'), { recursive: true });
        await restoreFiles();
        expect(restoreFiles()).toBeUndefined();
      }
    } finally {
      rounds.left = 0;
      await Promise.all(writers);
    }
  });
});
