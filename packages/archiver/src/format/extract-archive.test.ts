import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { craftTar, craftTgz } from '../test-support/craft-tar.ts';
import { type CraftedEntry, craftZip } from '../test-support/craft-zip.ts';
import { filesOf, temporaryFolder } from '../test-support/temporary-folder.ts';
import { extractArchive } from './extract-archive.ts';
import type { ReadOptions } from './read-budget.ts';

const MANIFEST = '{"model":{"modelName":"m"}}';
const manifest: CraftedEntry = { name: 'MAR-INF/MANIFEST.json', data: MANIFEST };
const tarManifest = { path: 'm/MAR-INF/MANIFEST.json', data: MANIFEST };

/** Unpacks bytes; the files that came out, and whatever else appeared around the destination. */
async function unpack(bytes: Buffer, options?: ReadOptions) {
  const folder = await temporaryFolder();
  const archive = join(folder, 'a.mar');
  const destination = join(folder, 'in', 'here');
  await mkdir(destination, { recursive: true });
  await writeFile(archive, bytes);
  const result = await extractArchive(archive, destination, options).then(
    (value) => ({ manifest: value }),
    (error: unknown) => ({ error }),
  );
  expect(await readdir(folder)).toEqual(['a.mar', 'in']);
  expect(await readdir(join(folder, 'in'))).toEqual(['here']);
  if ('error' in result) throw result.error;
  return { manifest: result.manifest, files: await filesOf(destination), destination };
}

describe('a zip', () => {
  it('is unpacked with its folders, its manifest checked and completed', async () => {
    const { manifest: read, files } = await unpack(
      craftZip([
        { name: 'a.txt', data: 'stored' },
        { name: 'deep/er/b.txt', data: 'deflated '.repeat(100), deflated: true },
        { name: 'folder/', mode: 0o040755 },
        { name: 'empty' },
        manifest,
      ]),
    );
    expect(files).toEqual({
      'a.txt': 'stored',
      'deep/er/b.txt': 'deflated '.repeat(100),
      empty: '',
      'MAR-INF/MANIFEST.json': MANIFEST,
    });
    expect(read).toEqual({ runtime: 'python', model: { modelName: 'm', modelVersion: '1.0', handler: 'base_handler' } });
  });

  it('gives its files plain modes, whatever it asks for', async () => {
    const { destination } = await unpack(craftZip([{ name: 'x', data: 'x', mode: 0o104777 }, manifest]));
    const { mode } = await stat(join(destination, 'x'));
    expect(mode & 0o7133).toBe(0);
  });

  it('takes a harmless backslash as a folder, as Windows programs mean it', async () => {
    const { files } = await unpack(craftZip([{ name: 'sub\\x.txt', data: 'x' }, manifest]));
    expect(Object.keys(files)).toContain('sub/x.txt');
  });

  it.each([
    ['that climbs', { name: '../evil' }, 'leaves the archive by ".."'],
    ['that climbs in the middle', { name: 'a/../../evil' }, 'leaves the archive by ".."'],
    ['that climbs by backslashes', { name: '..\\evil' }, 'leaves the archive by ".."'],
    ['with an absolute path', { name: '/tmp/evil' }, 'absolute'],
    ['with a drive', { name: 'C:\\evil' }, 'absolute'],
    ['with a NUL in its name', { name: 'a\0b' }, 'control character'],
    ['with an escape sequence in its name', { name: 'a\x1b[2Jb' }, 'control character'],
    ['that is a symbolic link', { name: 'link', data: '/etc/passwd', mode: 0o120777 }, 'not a regular file'],
    ['that is a device', { name: 'dev', mode: 0o020666 }, 'not a regular file'],
    ['that is a fifo', { name: 'fifo', mode: 0o010666 }, 'not a regular file'],
    ['that is encrypted', { name: 'secret', data: 'xxxxxxxxxxxxx', encrypted: true, claimedSize: 1 }, 'encrypted'],
    ['with too long a name', { name: 'n'.repeat(300), data: 'x' }, 'too long'],
  ] satisfies [string, CraftedEntry, string][])('is refused for an entry %s', async (_, entry, problem) => {
    await expect(unpack(craftZip([entry, manifest]))).rejects.toMatchObject({
      name: 'ArchiveError',
      code: 'unsafe_entry',
      message: expect.stringContaining(problem),
    });
  });

  it('is refused when two entries have one path, however it is written', async () => {
    const twice = [{ name: 'x/a' }, { name: './x//a' }, manifest];
    await expect(unpack(craftZip(twice))).rejects.toMatchObject({ code: 'unsafe_entry', message: expect.stringContaining('"x/a"') });
  });

  it('is refused when a file and a folder have one path', async () => {
    await expect(unpack(craftZip([{ name: 'x' }, { name: 'x/a' }, manifest]))).rejects.toMatchObject({ code: 'unsafe_entry' });
    await expect(unpack(craftZip([{ name: 'x/a' }, { name: 'x' }, manifest]))).rejects.toMatchObject({ code: 'unsafe_entry' });
  });

  it('is refused beyond the limits on entries and bytes', async () => {
    const zip = craftZip([{ name: 'a', data: 'a'.repeat(1000), deflated: true }, { name: 'b' }, manifest]);
    await expect(unpack(zip, { maxEntries: 2 })).rejects.toMatchObject({ code: 'too_large', message: expect.stringContaining('2 entries') });
    await expect(unpack(zip, { maxTotalBytes: 999 })).rejects.toMatchObject({ code: 'too_large', message: expect.stringContaining('999 bytes') });
    await expect(unpack(zip, { maxEntries: 3, maxTotalBytes: 1027 })).resolves.toBeDefined();
  });

  it('is refused when it inflates beyond the ratio', async () => {
    const bomb = craftZip([{ name: 'zeros', data: Buffer.alloc(80 * 2 ** 20), deflated: true }, manifest]);
    await expect(unpack(bomb)).rejects.toMatchObject({ code: 'too_large', message: expect.stringContaining('200 times') });
    await expect(unpack(bomb, { maxRatio: 2000 })).resolves.toBeDefined();
  });

  it.each([
    ['claims fewer bytes than it has', { name: 'x', data: 'x'.repeat(500), deflated: true, claimedSize: 3 }],
    ['claims more bytes than it has', { name: 'x', data: 'x'.repeat(500), deflated: true, claimedSize: 5000 }],
    ['claims another size, stored', { name: 'x', data: 'xyz', claimedSize: 5 }],
    ['has the wrong checksum', { name: 'x', data: 'xyz', claimedCrc: 1 }],
  ] satisfies [string, CraftedEntry][])('is damaged when an entry %s', async (_, entry) => {
    await expect(unpack(craftZip([entry, manifest]))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('is refused at any length that it was cut to', async () => {
    const whole = craftZip([{ name: 'x', data: 'x'.repeat(100) }, manifest]);
    for (const length of [0, 1, 2, 4, 30, 100, whole.length - 30, whole.length - 1]) {
      await expect(unpack(whole.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({ code: 'not_an_archive' });
    }
  });

});

describe('a gzipped tar', () => {
  it('is unpacked without the folder that it begins with', async () => {
    const { files } = await unpack(
      craftTgz([{ path: 'm', type: 'Directory' }, { path: 'm/sub/x', data: 'x' }, { path: 'm/empty' }, tarManifest]),
    );
    expect(files).toEqual({ 'sub/x': 'x', empty: '', 'MAR-INF/MANIFEST.json': MANIFEST });
  });

  it('is unpacked when it has no such folder, or begins with "./"', async () => {
    const entries = [{ path: 'MAR-INF/MANIFEST.json', data: MANIFEST }, { path: 'sub/x', data: 'x' }];
    const dotted = [{ path: './', type: 'Directory' as const }, ...entries.map((entry) => ({ ...entry, path: `./${entry.path}` }))];
    const expected = { 'sub/x': 'x', 'MAR-INF/MANIFEST.json': MANIFEST };
    expect((await unpack(craftTgz(entries))).files).toEqual(expected);
    expect((await unpack(craftTgz(dotted))).files).toEqual(expected);
  });

  it('may be large and have many entries', async () => {
    const entries = Array.from({ length: 500 }, (_, index) => ({ path: `m/${index}`, data: Buffer.alloc(index * 40, index) }));
    const { files } = await unpack(craftTgz([tarManifest, ...entries]));
    expect(Object.keys(files)).toHaveLength(501);
    expect(files['499']).toHaveLength(499 * 40);
  });

  it.each([
    ['that climbs', { path: 'm/../../evil', data: 'x' }, 'leaves the archive by ".."'],
    ['with an absolute path', { path: '/tmp/evil', data: 'x' }, 'absolute'],
    ['that is a symbolic link', { path: 'm/link', type: 'SymbolicLink' as const, linkpath: '/etc/passwd' }, 'SymbolicLink'],
    ['that is a hard link', { path: 'm/link', type: 'Link' as const, linkpath: '/etc/passwd' }, 'Link'],
    ['that is a device', { path: 'm/dev', type: 'CharacterDevice' as const }, 'CharacterDevice'],
    ['that is a fifo', { path: 'm/fifo', type: 'FIFO' as const }, 'FIFO'],
    ['outside of its folder', { path: 'other/x', data: 'x' }, 'outside of the folder "m"'],
    ['whose path was there', { path: tarManifest.path, data: 'x' }, 'the same path'],
  ])('is refused for an entry %s', async (_, entry, problem) => {
    await expect(unpack(craftTgz([tarManifest, entry]))).rejects.toMatchObject({
      code: 'unsafe_entry',
      message: expect.stringContaining(problem),
    });
  });

  it('is refused beyond the limits', async () => {
    const entries = [tarManifest, { path: 'm/x', data: 'x'.repeat(1000) }];
    await expect(unpack(craftTgz(entries), { maxEntries: 1 })).rejects.toMatchObject({ code: 'too_large' });
    await expect(unpack(craftTgz(entries), { maxTotalBytes: 999 })).rejects.toMatchObject({ code: 'too_large' });
    const bomb = craftTgz([tarManifest, { path: 'm/zeros', data: Buffer.alloc(80 * 2 ** 20) }]);
    await expect(unpack(bomb)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('is refused when bytes without end follow its own end', async () => {
    const bomb = gzipSync(Buffer.concat([craftTar([tarManifest]), Buffer.alloc(80 * 2 ** 20)]));
    await expect(unpack(bomb)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('is not inflated twice', async () => {
    await expect(unpack(gzipSync(craftTgz([tarManifest])))).rejects.toMatchObject({ code: expect.stringMatching(/corrupt|not_an_archive/) });
  });

  it('is refused at any length that it was cut to', async () => {
    const whole = craftTgz([tarManifest, { path: 'm/x', data: Buffer.from(Array.from({ length: 3000 }, (_, index) => index * 7)) }]);
    for (const length of [2, 3, 10, 30, whole.length - 100, whole.length - 8, whole.length - 1]) {
      await expect(unpack(whole.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({ name: 'ArchiveError' });
    }
  });

  it('is refused when it is gzipped, but not a tar', async () => {
    await expect(unpack(gzipSync('hello '.repeat(500)))).rejects.toMatchObject({ code: expect.stringMatching(/corrupt|not_an_archive/) });
    await expect(unpack(gzipSync(''))).rejects.toMatchObject({ name: 'ArchiveError' });
  });
});

describe('a directory', () => {
  async function archiveFolder() {
    const folder = await temporaryFolder();
    const archive = join(folder, 'm');
    await mkdir(join(archive, 'MAR-INF'), { recursive: true });
    await writeFile(join(archive, 'MAR-INF/MANIFEST.json'), MANIFEST);
    const destination = join(folder, 'destination');
    await mkdir(destination);
    return { folder, archive, destination };
  }

  it('is unpacked by hard links, so that it takes no space', async () => {
    const { archive, destination } = await archiveFolder();
    await writeFile(join(archive, 'model.onnx'), 'weights');
    await extractArchive(archive, destination);
    expect((await stat(join(destination, 'model.onnx'))).ino).toBe((await stat(join(archive, 'model.onnx'))).ino);
  });

  it('may be reached by a link, and have links to its own files', async () => {
    const { folder, archive, destination } = await archiveFolder();
    await writeFile(join(archive, 'model.onnx'), 'weights');
    await symlink('model.onnx', join(archive, 'same.onnx'));
    await symlink(archive, join(folder, 'link'));
    await extractArchive(join(folder, 'link'), destination);
    expect(await filesOf(destination)).toMatchObject({ 'same.onnx': 'weights' });
  });

  it.each([
    ['leaves it', '../outside', 'leaves the archive'],
    ['leads nowhere', 'nothing', 'leads nowhere'],
    ['leads to a folder', 'MAR-INF', 'a link to a folder'],
  ])('is refused for a link that %s', async (_, target, problem) => {
    const { folder, archive, destination } = await archiveFolder();
    await writeFile(join(folder, 'outside'), 'secret');
    await symlink(target, join(archive, 'link'));
    await expect(extractArchive(archive, destination)).rejects.toMatchObject({
      code: 'unsafe_entry',
      message: expect.stringContaining(problem),
    });
  });

  it.skipIf(process.platform === 'win32')('is refused for a fifo', async () => {
    const { archive, destination } = await archiveFolder();
    await promisify(execFile)('mkfifo', [join(archive, 'fifo')]);
    await expect(extractArchive(archive, destination)).rejects.toMatchObject({ code: 'unsafe_entry' });
  });

  it('is held to the limit on entries', async () => {
    const { archive, destination } = await archiveFolder();
    await expect(extractArchive(archive, destination, { maxEntries: 1 })).rejects.toMatchObject({ code: 'too_large' });
  });
});

describe('what is no archive', () => {
  it.each([
    ['nothing', '', 'not_an_archive'],
    ['text', 'hello, I am not a zip file at all, but long enough to hold one', 'not_an_archive'],
  ])('is refused: %s', async (_, content, code) => {
    await expect(unpack(Buffer.from(content))).rejects.toMatchObject({ code });
  });

  it('is refused: a path with nothing there', async () => {
    const folder = await temporaryFolder();
    const missing = join(folder, 'nope.mar');
    await expect(extractArchive(missing, folder)).rejects.toMatchObject({ code: 'not_found', message: `There is no archive at ${missing}.` });
    await expect(extractArchive(join(missing, 'x'), folder)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.skipIf(process.getuid?.() === 0)('is refused: a file that may not be read (skipped for root, who may)', async () => {
    const folder = await temporaryFolder();
    const archive = join(folder, 'a.mar');
    await writeFile(archive, craftZip([manifest]));
    await chmod(archive, 0);
    await expect(extractArchive(archive, folder)).rejects.toMatchObject({ code: 'unreadable' });
  });
});

describe('the manifest', () => {
  const withManifest = (data: string | Buffer) => craftZip([{ name: 'MAR-INF/MANIFEST.json', data }]);

  it('must be there', async () => {
    await expect(unpack(craftZip([{ name: 'x' }]))).rejects.toMatchObject({ code: 'no_manifest' });
    await expect(unpack(craftZip([]))).rejects.toMatchObject({ code: 'no_manifest' });
  });

  it.each([
    ['is not JSON', 'nonsense', 'is not JSON'],
    ['is no object', '[]', 'the manifest: expected object'],
    ['has no model', '{}', 'model is missing'],
    ['has no name', '{"model":{}}', 'model.modelName is missing'],
    ['has a name of the wrong type', '{"model":{"modelName":7}}', 'model.modelName: expected string, received number'],
    ['has a name that is a path', '{"model":{"modelName":"../x"}}', 'model.modelName: expected a name that matches'],
    ['leads out by its model', '{"model":{"modelName":"m","serializedFile":"../../x"}}', 'model.serializedFile: expected a path inside'],
    ['leads out by its handler', '{"model":{"modelName":"m","handler":"/etc/x.py:f"}}', 'model.handler: expected a path inside'],
    ['names a model that is not there', '{"model":{"modelName":"m","serializedFile":"m.onnx"}}', '"m.onnx", which is not in the archive'],
  ])('is refused when it %s', async (_, text, problem) => {
    await expect(unpack(withManifest(text))).rejects.toMatchObject({
      code: 'invalid_manifest',
      message: expect.stringContaining(problem),
    });
  });

  it('is refused when it is endless', async () => {
    await expect(unpack(withManifest(Buffer.alloc(9 * 2 ** 20, ' ')))).rejects.toMatchObject({ code: 'invalid_manifest' });
  });

  it('may begin with a byte order mark, and keeps the fields of other tools', async () => {
    const { manifest: read } = await unpack(withManifest('\uFEFF{"implementationVersion":"1","model":{"modelName":"m","extensions":"e"}}'));
    expect(read).toMatchObject({ implementationVersion: '1', model: { extensions: 'e' } });
  });

  it('names its archive in every complaint', async () => {
    await expect(unpack(withManifest('x'))).rejects.toThrow(/a\.mar: MAR-INF\/MANIFEST\.json/);
  });
});

it.each([
  ['a zip', craftZip([{ name: 'x', data: Buffer.alloc(30 * 2 ** 20), deflated: true }, manifest])],
  ['a gzipped tar', craftTgz([{ path: 'm/x', data: Buffer.alloc(30 * 2 ** 20) }, tarManifest])],
])('stops in the middle of %s when the signal is aborted, with its reason', async (_, bytes) => {
  const stopped = new Error('enough');
  await expect(unpack(bytes, { signal: AbortSignal.abort(stopped) })).rejects.toBe(stopped);
  const later = new AbortController();
  const unpacking = unpack(bytes, { signal: later.signal });
  setImmediate(() => setImmediate(() => later.abort(stopped)));
  await expect(unpacking).rejects.toBe(stopped);
});

it('keeps the thread free while it unpacks', async () => {
  const noise = Buffer.from(Array.from({ length: 2 ** 20 }, (_, index) => (index * index) >> 7));
  const zip = craftZip([{ name: 'x', data: Buffer.concat(Array.from({ length: 40 }, () => noise)), deflated: true }, manifest]);
  let turns = 0;
  let going = true;
  const turn = (): void => {
    turns += 1;
    if (going) setImmediate(turn);
  };
  turn();
  const { destination } = await unpack(zip);
  going = false;
  expect(basename(dirname(destination))).toBe('in');
  expect(turns).toBeGreaterThan(100);
});
