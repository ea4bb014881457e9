import { readFile, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readManifest } from './format/read-manifest.ts';
import { ARCHIVE_FORMATS } from './format/archive-formats.ts';
import { verifyFiles } from './format/verify-files.ts';
import { inspect } from './inspect.ts';
import { packageModel } from './package-model.ts';
import { HANDLER, QUICK, abortedWhile, createProject, unpacked } from './test-support/project.ts';
import { temporaryFolder } from './test-support/temporary-folder.ts';

beforeEach(() => {
  vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a packaging', () => {
  it.each(ARCHIVE_FORMATS)('writes model, bundle, extra files and manifest (%s)', async (archiveFormat) => {
    const { at, options } = await createProject({
      'model.bin': 'weights',
      'labels.json': '["a"]',
      'config.yaml': 'batchSize: 2',
    });
    const result = await packageModel(
      options({
        ...QUICK,
        archiveFormat,
        serializedFile: at('model.bin'),
        extraFiles: [at('labels.json')],
        configFile: at('config.yaml'),
      }),
    );
    expect(Object.keys(await unpacked(result.path))).toEqual([
      'MAR-INF/MANIFEST.json',
      'config.yaml',
      'handler.mjs',
      'handler.mjs.map',
      'labels.json',
      'model.bin',
    ]);
    expect(result).toMatchObject({ format: archiveFormat, files: 6 });
    expect((await verifyFiles(result.path)).differences).toEqual([]);
  });

  it('writes the manifest as TorchServe does, with what marserve adds', async () => {
    const { at, options } = await createProject({ 'model.bin': 'weights', 'requirements.txt': '# none' });
    const changes = { ...QUICK, serializedFile: at('model.bin'), requirementsFile: at('requirements.txt') };
    const { path } = await packageModel(options({ ...changes, handler: `${at('handler.ts')}:handle` }));
    const text = new AdmZip(path).readAsText('MAR-INF/MANIFEST.json');
    const manifest = JSON.parse(text) as { model: object; files: object };
    expect(text).toMatch(
      /^\{\n {2}"createdOn": "14\/11\/2023 22:13:20",\n {2}"runtime": "node",\n {2}"model": \{\n {4}"modelName": "m",\n/,
    );
    expect(Object.keys(manifest)).toEqual(['createdOn', 'runtime', 'model', 'archiverVersion', 'files']);
    expect(manifest.model).toEqual({
      modelName: 'm',
      serializedFile: 'model.bin',
      handler: 'handler.mjs:handle',
      modelVersion: '1.0',
      requirementsFile: 'requirements.txt',
    });
    expect(Object.keys(manifest.files)).toEqual(['handler.mjs', 'handler.mjs.map', 'model.bin', 'requirements.txt']);
  });

  it('gives the same bytes for the same inputs in another folder at another time', async () => {
    const build = async (archiveFormat: 'default' | 'zip-store' | 'tgz') => {
      const { at, options } = await createProject({
        'lib/util.ts': 'export const x: number = 1;',
        'model.bin': 'weights',
      });
      await writeFile(at('handler.ts'), `import { x } from './lib/util.ts';\n${HANDLER}export { x };`);
      await utimes(at('model.bin'), Math.random() * 1e9, Math.random() * 1e9);
      const { path, sha256 } = await packageModel(
        options({ ...QUICK, archiveFormat, serializedFile: at('model.bin') }),
      );
      return { bytes: await readFile(path), sha256 };
    };
    for (const format of ['default', 'zip-store', 'tgz'] as const)
      expect(await build(format)).toEqual(await build(format));
  });

  it('differs only in createdOn when SOURCE_DATE_EPOCH is not set', async () => {
    const { options } = await createProject();
    const { path, manifest } = await packageModel(options(QUICK));
    vi.stubEnv('SOURCE_DATE_EPOCH', undefined);
    const later = await packageModel(options({ ...QUICK, force: true }));
    expect(later.manifest).toEqual({ ...manifest, createdOn: later.manifest.createdOn });
    expect(later.manifest.createdOn).toMatch(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/);
    expect(later.path).toBe(path);
  });

  it('refuses a SOURCE_DATE_EPOCH that is no number', async () => {
    vi.stubEnv('SOURCE_DATE_EPOCH', 'yesterday');
    const { options } = await createProject();
    await expect(packageModel(options(QUICK))).rejects.toThrow('SOURCE_DATE_EPOCH is "yesterday"');
  });

  it('makes the export path, saying so, and takes it away again when writing fails', async () => {
    const { at, options } = await createProject({ x: '' });
    const warnings: string[] = [];
    const onWarning = (message: string): unknown => warnings.push(message);
    await packageModel(options({ ...QUICK, exportPath: at('new/deep'), onWarning }));
    expect(await readdir(at('new/deep'))).toEqual(['m.mar']);
    expect(warnings).toEqual([`Export directory (${at('new/deep')}) does not exist. Creating...`]);
    await expect(packageModel(options({ ...QUICK, exportPath: at('x/deep') }))).rejects.toMatchObject({
      code: 'write_failed',
    });
    const signal = abortedWhile('writing');
    await expect(packageModel(options({ ...QUICK, exportPath: at('other/deep'), ...signal }))).rejects.toThrow(
      'stopped',
    );
    expect(await readdir(at('.'))).not.toContain('other');
  });

  it('reads a model of 70 MB by streaming and reports its progress', async () => {
    const { at, options } = await createProject({ 'model.bin': '' });
    await truncate(at('model.bin'), 70 * 2 ** 20);
    const seen = new Set<string>();
    const changes = { ...QUICK, archiveFormat: 'tgz', serializedFile: at('model.bin') } as const;
    let last = { done: 0, total: 1 };
    await packageModel(
      options({
        ...changes,
        onProgress: (progress) => {
          seen.add(progress.phase);
          last = progress;
        },
      }),
    );
    expect([...seen]).toEqual(['hashing', 'writing']);
    expect(last.done).toBe(last.total);
  });

  it('warns of an archive that readers would take for a bomb', async () => {
    const { at, options } = await createProject({ 'zeros.bin': '' });
    await truncate(at('zeros.bin'), 70 * 2 ** 20);
    const warnings: string[] = [];
    const changes = { ...QUICK, serializedFile: at('zeros.bin'), onWarning: (text: string) => warnings.push(text) };
    await packageModel(options({ ...changes, archiveFormat: 'zip-store' }));
    expect(warnings).toEqual([]);
    await packageModel(options({ ...changes, archiveFormat: 'tgz' }));
    expect(warnings).toEqual([expect.stringContaining('more than 200 times its own size')]);
  });
});

describe('an archive of torch-model-archiver', () => {
  it('is read: manifest, files, inspection', async () => {
    const zip = new AdmZip();
    zip.addFile('densenet161.pt', Buffer.from('weights'));
    zip.addFile('index_to_name.json', Buffer.from('{}'));
    const manifest = {
      createdOn: '17/03/2025 10:20:30',
      runtime: 'python',
      model: {
        modelName: 'densenet161',
        serializedFile: 'densenet161.pt',
        handler: 'image_classifier',
        modelVersion: '1.0',
      },
      archiverVersion: '0.12.0',
    };
    zip.addFile('MAR-INF/MANIFEST.json', Buffer.from(JSON.stringify(manifest, null, 2)));
    const archive = join(await temporaryFolder(), 'densenet161.mar');
    zip.writeZip(archive);
    expect(await readManifest(archive)).toEqual(manifest);
    expect(Object.keys(await unpacked(archive))).toEqual([
      'MAR-INF/MANIFEST.json',
      'densenet161.pt',
      'index_to_name.json',
    ]);
    expect((await inspect(archive)).files).toContainEqual({ path: 'densenet161.pt', size: 7, sha256: undefined });
  });
});
