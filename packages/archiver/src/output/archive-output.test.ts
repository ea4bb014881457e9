import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ARCHIVE_FORMATS } from '../format/archive-formats.ts';
import { verifyFiles } from '../format/verify-files.ts';
import { inspect } from '../inspect.ts';
import { packageModel } from '../package-model.ts';
import { QUICK, abortedWhile, createProject } from '../test-support/project.ts';
import { filesOf, temporaryFolder } from '../test-support/temporary-folder.ts';

beforeEach(() => {
  vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('what a packaging leaves behind', () => {
  it.each(ARCHIVE_FORMATS)('is nothing when it is stopped (%s)', async (archiveFormat) => {
    const { at, store, options } = await createProject({ 'model.bin': 'x'.repeat(1e6) });
    const temporary = await temporaryFolder();
    vi.stubEnv('TMPDIR', temporary);
    const changes = { ...QUICK, archiveFormat, serializedFile: at('model.bin') };
    for (const phase of ['hashing', 'writing'] as const) {
      await expect(packageModel(options({ ...changes, ...abortedWhile(phase) }))).rejects.toThrow('stopped');
    }
    expect(await readdir(store)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('is the old archive when a forced run is stopped', async () => {
    const { at, options } = await createProject({ 'model.bin': 'x' });
    const { sha256, path } = await packageModel(options(QUICK));
    const changes = { ...QUICK, force: true, serializedFile: at('model.bin'), ...abortedWhile('writing') };
    await expect(packageModel(options(changes))).rejects.toThrow('stopped');
    expect((await inspect(path)).files.map((file) => file.path)).not.toContain('model.bin');
    expect((await packageModel(options({ ...QUICK, force: true }))).sha256).toBe(sha256);
  });

  it.skipIf(process.getuid?.() === 0)(
    'is nothing in a read-only export path (skipped for root, who may write)',
    async () => {
      const { store, options } = await createProject();
      await chmod(store, 0o555);
      await expect(packageModel(options(QUICK))).rejects.toThrow(
        `Failed to save the model-archive to model-path "${store}". Check the file permissions and retry.`,
      );
      await chmod(store, 0o755);
    },
  );
});

describe('runs of one name at once', () => {
  it.each(ARCHIVE_FORMATS)('never corrupt each other with force (%s)', async (archiveFormat) => {
    const projects = await Promise.all(
      Array.from({ length: 8 }, (_, index) => createProject({ 'data.bin': String(index).repeat(200_000) })),
    );
    const store = projects[0]?.store ?? '';
    const runs = projects.map(({ at, options }) =>
      packageModel(options({ ...QUICK, archiveFormat, force: true, exportPath: store, extraFiles: [at('data.bin')] })),
    );
    const results = await Promise.all(runs);
    expect(await readdir(store)).toHaveLength(1);
    expect((await verifyFiles(results[0]?.path ?? '')).differences).toEqual([]);
  });

  it.each(ARCHIVE_FORMATS)('let exactly one win without force (%s)', async (archiveFormat) => {
    const { store, options } = await createProject();
    const runs = Array.from({ length: 6 }, () => packageModel(options({ ...QUICK, archiveFormat })));
    const results = await Promise.allSettled(runs);
    const refusals = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as Error);
    expect(refusals).toHaveLength(5);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'already_exists' });
    expect(await readdir(store)).toHaveLength(1);
  });
});

describe('the output', () => {
  it('is not replaced without force', async () => {
    const { store, options } = await createProject();
    await packageModel(options(QUICK));
    await expect(packageModel(options(QUICK))).rejects.toThrow(
      `${join(store, 'm.mar')} already exists.\nPlease specify --force/-f option to overwrite the model archive output file.\nSee -h/--help for more details.`,
    );
  });

  it('is replaced with force, a directory as a whole', async () => {
    const { at, options } = await createProject({ 'old.txt': '' });
    const changes = { ...QUICK, archiveFormat: 'no-archive' } as const;
    await packageModel(options({ ...changes, extraFiles: [at('old.txt')] }));
    const { path } = await packageModel(options({ ...changes, force: true }));
    expect(Object.keys(await filesOf(path))).not.toContain('old.txt');
  });

  it('is not replaced when it is of another kind', async () => {
    const { at, options } = await createProject();
    await mkdir(at('store/m.mar'));
    await expect(packageModel(options({ ...QUICK, force: true }))).rejects.toThrow(/m\.mar is a directory/);
  });

  it('must have a directory to go to', async () => {
    const { at, options } = await createProject({ file: '' });
    await expect(packageModel(options({ ...QUICK, exportPath: at('file') }))).rejects.toThrow(
      `Given export-path ${at('file')} is not a directory. Point to a valid export-path directory.`,
    );
  });
});
