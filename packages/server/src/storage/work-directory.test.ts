import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkDirectory } from './work-directory.ts';

let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'work-directory-'));
});

afterEach(() => rm(parent, { recursive: true, force: true }));

describe('the work directory', () => {
  it('is a folder of this process, and goes when it is removed', async () => {
    const { models, remove } = await createWorkDirectory(path.join(parent, 'new'));
    expect(models).toMatch(new RegExp(`/new/marserve-${process.pid}-\\w+/models$`));
    expect(await readdir(models)).toEqual([]);
    await remove();
    expect(await readdir(path.join(parent, 'new'))).toEqual([]);
  });

  it('takes what daemons that are no more have left with it, and nothing else', async () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    const others = [`marserve-${process.pid}-abcdef`, 'marserve-test-abcdef', 'something else'];
    for (const name of [`marserve-${gone}-abcdef`, ...others]) await mkdir(path.join(parent, name));
    await createWorkDirectory(parent);
    expect(await readdir(parent)).toEqual(expect.arrayContaining(others));
    expect(await readdir(parent)).not.toContain(`marserve-${gone}-abcdef`);
  });
});
