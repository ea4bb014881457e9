import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { craftTar, craftTgz } from '../test-support/craft-tar.ts';
import { MANIFEST, tarManifest, unpack } from '../test-support/unpack.ts';

describe('a gzipped tar', () => {
  it('is unpacked without the folder that it begins with', async () => {
    const { files } = await unpack(
      craftTgz([{ path: 'm', type: 'Directory' }, { path: 'm/sub/x', data: 'x' }, { path: 'm/empty' }, tarManifest]),
    );
    expect(files).toEqual({ 'sub/x': 'x', empty: '', 'MAR-INF/MANIFEST.json': MANIFEST });
  });

  it('is unpacked when it has no such folder, or begins with "./"', async () => {
    const entries = [
      { path: 'MAR-INF/MANIFEST.json', data: MANIFEST },
      { path: 'sub/x', data: 'x' },
    ];
    const dotted = [
      { path: './', type: 'Directory' as const },
      ...entries.map((entry) => ({ ...entry, path: `./${entry.path}` })),
    ];
    const expected = { 'sub/x': 'x', 'MAR-INF/MANIFEST.json': MANIFEST };
    expect((await unpack(craftTgz(entries))).files).toEqual(expected);
    expect((await unpack(craftTgz(dotted))).files).toEqual(expected);
  });

  it('may be large and have many entries', async () => {
    const entries = Array.from({ length: 500 }, (_, index) => ({
      path: `m/${index}`,
      data: Buffer.alloc(index * 40, index),
    }));
    const { files } = await unpack(craftTgz([tarManifest, ...entries]));
    expect(Object.keys(files)).toHaveLength(501);
    expect(files['499']).toHaveLength(499 * 40);
  });

  it.each([
    ['that climbs', { path: 'm/../../evil', data: 'x' }, 'leaves the archive by ".."'],
    ['with an absolute path', { path: '/tmp/evil', data: 'x' }, 'absolute'],
    [
      'that is a symbolic link',
      { path: 'm/link', type: 'SymbolicLink' as const, linkpath: '/etc/passwd' },
      'SymbolicLink',
    ],
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
    await expect(unpack(gzipSync(craftTgz([tarManifest])))).rejects.toMatchObject({
      code: expect.stringMatching(/corrupt|not_an_archive/),
    });
  });

  it('is refused at any length that it was cut to', async () => {
    const whole = craftTgz([
      tarManifest,
      { path: 'm/x', data: Buffer.from(Array.from({ length: 3000 }, (_, index) => index * 7)) },
    ]);
    for (const length of [2, 3, 10, 30, whole.length - 100, whole.length - 8, whole.length - 1]) {
      await expect(unpack(whole.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        name: 'ArchiveError',
      });
    }
  });

  it('is refused when it is gzipped, but not a tar', async () => {
    await expect(unpack(gzipSync('hello '.repeat(500)))).rejects.toMatchObject({
      code: expect.stringMatching(/corrupt|not_an_archive/),
    });
    await expect(unpack(gzipSync(''))).rejects.toMatchObject({ name: 'ArchiveError' });
  });
});
