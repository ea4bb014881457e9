import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../core/logger.ts';
import type { VersionSnapshot } from '../../core/registry/registry-snapshot.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { findNewest, removeUnfinished } from './snapshot-folder.ts';
import { SETTINGS } from '../../test-support/version-settings.ts';
import { createSnapshotWriter } from './snapshot-writer.ts';

const versionsOf = (name: string): VersionSnapshot[] => [
  {
    key: { name, version: '1.0' },
    isDefault: true,
    registration: { url: `${name}.mar` },
    served: {
      runtime: 'node',
      workers: { min: 1, max: 1 },
      settings: SETTINGS,
    },
  },
];

async function createFolder() {
  const folder = path.join(await temporaryFolder(), 'config');
  const errors: string[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (message, fields) => errors.push(`${message} ${String(fields?.reason)}`),
    child: () => logger,
  };
  const writer = createSnapshotWriter({
    folder,
    properties: { batch_size: '3' },
    named: ['new.mar'],
    namedBefore: ['old.mar'],
    logger,
  });
  const unusable: string[] = [];
  const newest = async () => {
    const found = await findNewest(folder, (file, reason) => unusable.push(`${path.basename(file)}: ${reason}`));
    return found?.snapshot.versions[0]?.key.name;
  };
  return { folder, writer, errors, newest, unusable };
}

describe('the folder of snapshots', () => {
  it('is made with the first one, and gives back the newest', async () => {
    const { folder, writer, newest } = await createFolder();
    expect(await newest()).toBeUndefined();
    await writer.write(versionsOf('a'), 'startup');
    await writer.write(versionsOf('b'), 'snapshot');
    expect(await newest()).toBe('b');
    const names = await readdir(folder);
    expect(names.map((name) => name.slice(17))).toEqual(['-startup.cfg', '-snapshot.cfg']);
    expect(await readFile(path.join(folder, names[0] ?? ''), 'utf8')).toMatch(
      /^batch_size=3\nmodel_snapshot=\{"name":/,
    );
  });

  it('says what was loaded at the start from the moment on when it was', async () => {
    const { folder, writer } = await createFolder();
    for (const kind of ['snapshot', 'startup', 'shutdown'] as const) await writer.write([], kind);
    const texts = (await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8'));
    const loaded = (await Promise.all(texts)).map((text) => /"loadedArchives":\["(.*)"\]/.exec(text)?.[1]);
    expect(loaded).toEqual(['old.mar', 'new.mar', 'new.mar']);
  });

  it('gets the latest of the states that come while one is being written', async () => {
    const { folder, writer, newest } = await createFolder();
    const states = ['a', 'b', 'c', 'd'].map((name) => writer.write(versionsOf(name), 'snapshot'));
    await states[0];
    expect(await newest()).toBe('d');
    await Promise.all(states);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('keeps the newest ten', async () => {
    const { folder, writer, newest } = await createFolder();
    for (let number = 1; number <= 14; number += 1) await writer.write(versionsOf(`m${number}`), 'snapshot');
    expect(await readdir(folder)).toHaveLength(10);
    expect(await newest()).toBe('m14');
  });

  it('gives back the newest that is whole, and names the others', async () => {
    const { folder, writer, newest, unusable } = await createFolder();
    await writer.write(versionsOf('a'), 'snapshot');
    const [whole = ''] = await readdir(folder);
    const text = await readFile(path.join(folder, whole), 'utf8');
    await writeFile(path.join(folder, '99990101000000001-snapshot.cfg'), text.slice(0, -20));
    await writeFile(path.join(folder, '99990101000000002-snapshot.cfg'), '');
    await mkdir(path.join(folder, '99990101000000003-shutdown.cfg'));
    expect(await newest()).toBe('a');
    expect(unusable).toEqual([
      expect.stringContaining('99990101000000003-shutdown.cfg: EISDIR'),
      '99990101000000002-snapshot.cfg: expected the key model_snapshot, which is not there',
      expect.stringContaining('99990101000000001-snapshot.cfg: expected a JSON object'),
    ]);
  });

  it('is freed of what was not finished', async () => {
    const { folder, writer, newest } = await createFolder();
    await writer.write(versionsOf('a'), 'snapshot');
    await writeFile(path.join(folder, '.99990101000000001-snapshot.cfg.tmp'), 'half of i');
    expect(await newest()).toBe('a');
    await removeUnfinished(folder);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('that cannot be written is an error with the name of the file, and the next attempt may succeed', async () => {
    const { folder, writer, errors, newest } = await createFolder();
    await writeFile(folder, 'a file where the folder should be');
    await writer.write(versionsOf('a'), 'snapshot');
    expect(errors).toEqual([expect.stringContaining(folder)]);
    await expect(newest()).rejects.toThrow('ENOTDIR');
    await rm(folder);
    await writer.write(versionsOf('b'), 'snapshot');
    expect(await newest()).toBe('b');
  });
});
