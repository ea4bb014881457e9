import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CraftedEntry, craftZip } from '../test-support/craft-zip.ts';
import { MANIFEST, unpack, zipManifest } from '../test-support/unpack.ts';

describe('a zip', () => {
  it('is unpacked with its folders, its manifest checked and completed', async () => {
    const { manifest: read, files } = await unpack(
      craftZip([
        { name: 'a.txt', data: 'stored' },
        { name: 'deep/er/b.txt', data: 'deflated '.repeat(100), deflated: true },
        { name: 'folder/', mode: 0o040755 },
        { name: 'empty' },
        zipManifest,
      ]),
    );
    expect(files).toEqual({
      'a.txt': 'stored',
      'deep/er/b.txt': 'deflated '.repeat(100),
      empty: '',
      'MAR-INF/MANIFEST.json': MANIFEST,
    });
    expect(read).toEqual({
      runtime: 'python',
      model: { modelName: 'm', modelVersion: '1.0', handler: 'base_handler' },
    });
  });

  it('gives its files plain modes, whatever it asks for', async () => {
    const { destination } = await unpack(craftZip([{ name: 'x', data: 'x', mode: 0o104777 }, zipManifest]));
    const { mode } = await stat(join(destination, 'x'));
    expect(mode & 0o7133).toBe(0);
  });

  it('takes a harmless backslash as a folder, as Windows programs mean it', async () => {
    const { files } = await unpack(craftZip([{ name: 'sub\\x.txt', data: 'x' }, zipManifest]));
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
    await expect(unpack(craftZip([entry, zipManifest]))).rejects.toMatchObject({
      name: 'ArchiveError',
      code: 'unsafe_entry',
      message: expect.stringContaining(problem),
    });
  });

  it('is refused when two entries have one path, however it is written', async () => {
    const twice = [{ name: 'x/a' }, { name: './x//a' }, zipManifest];
    await expect(unpack(craftZip(twice))).rejects.toMatchObject({
      code: 'unsafe_entry',
      message: expect.stringContaining('"x/a"'),
    });
  });

  it('is refused when a file and a folder have one path', async () => {
    await expect(unpack(craftZip([{ name: 'x' }, { name: 'x/a' }, zipManifest]))).rejects.toMatchObject({
      code: 'unsafe_entry',
    });
    await expect(unpack(craftZip([{ name: 'x/a' }, { name: 'x' }, zipManifest]))).rejects.toMatchObject({
      code: 'unsafe_entry',
    });
  });

  it('is refused beyond the limits on entries and bytes', async () => {
    const zip = craftZip([{ name: 'a', data: 'a'.repeat(1000), deflated: true }, { name: 'b' }, zipManifest]);
    await expect(unpack(zip, { maxEntries: 2 })).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('2 entries'),
    });
    await expect(unpack(zip, { maxTotalBytes: 999 })).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('999 bytes'),
    });
    await expect(unpack(zip, { maxEntries: 3, maxTotalBytes: 1027 })).resolves.toBeDefined();
  });

  it('is refused when it inflates beyond the ratio', async () => {
    const bomb = craftZip([{ name: 'zeros', data: Buffer.alloc(80 * 2 ** 20), deflated: true }, zipManifest]);
    await expect(unpack(bomb)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('200 times'),
    });
    await expect(unpack(bomb, { maxRatio: 2000 })).resolves.toBeDefined();
  });

  it.each([
    ['claims fewer bytes than it has', { name: 'x', data: 'x'.repeat(500), deflated: true, claimedSize: 3 }],
    ['claims more bytes than it has', { name: 'x', data: 'x'.repeat(500), deflated: true, claimedSize: 5000 }],
    ['claims another size, stored', { name: 'x', data: 'xyz', claimedSize: 5 }],
    ['has the wrong checksum', { name: 'x', data: 'xyz', claimedCrc: 1 }],
  ] satisfies [string, CraftedEntry][])('is damaged when an entry %s', async (_, entry) => {
    await expect(unpack(craftZip([entry, zipManifest]))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('is refused at any length that it was cut to', async () => {
    const whole = craftZip([{ name: 'x', data: 'x'.repeat(100) }, zipManifest]);
    for (const length of [0, 1, 2, 4, 30, 100, whole.length - 30, whole.length - 1]) {
      await expect(unpack(whole.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'not_an_archive',
      });
    }
  });
});
