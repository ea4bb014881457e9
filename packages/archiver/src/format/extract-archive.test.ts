import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { craftTgz } from '../test-support/craft-tar.ts';
import { craftZip } from '../test-support/craft-zip.ts';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { tarManifest, unpack, zipManifest } from '../test-support/unpack.ts';
import { extractArchive, type ExtractOptions } from './extract-archive.ts';

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
    await expect(extractArchive(missing, folder)).rejects.toMatchObject({
      code: 'not_found',
      message: `There is no archive at ${missing}.`,
    });
    await expect(extractArchive(join(missing, 'x'), folder)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.skipIf(process.getuid?.() === 0)(
    'is refused: a file that may not be read (skipped for root, who may)',
    async () => {
      const folder = await temporaryFolder();
      const archive = join(folder, 'a.mar');
      await writeFile(archive, craftZip([zipManifest]));
      await chmod(archive, 0);
      await expect(extractArchive(archive, folder)).rejects.toMatchObject({ code: 'unreadable' });
    },
  );
});

describe('the manifest', () => {
  const withManifest = (data: string | Buffer) => craftZip([{ name: 'MAR-INF/MANIFEST.json', data }]);

  it('must be there', async () => {
    await expect(unpack(craftZip([{ name: 'x' }]))).rejects.toMatchObject({ code: 'no_manifest' });
    await expect(unpack(craftZip([]))).rejects.toMatchObject({ code: 'no_manifest' });
  });

  it.each([
    ['is not JSON', 'nonsense', 'is not JSON'],
    ['is no object', '[]', 'is not valid: expected object'],
    ['has no model', '{}', 'model is missing'],
    ['has no name', '{"model":{}}', 'model.modelName is missing'],
    ['has a name of the wrong type', '{"model":{"modelName":7}}', 'model.modelName: expected string, received number'],
    ['has a name that is a path', '{"model":{"modelName":"../x"}}', 'model.modelName: expected a name that matches'],
    [
      'leads out by its model',
      '{"model":{"modelName":"m","serializedFile":"../../x"}}',
      'model.serializedFile: expected a path inside',
    ],
    [
      'leads out by its handler',
      '{"model":{"modelName":"m","handler":"/etc/x.py:f"}}',
      'model.handler: expected a path inside',
    ],
    [
      'names a model that is not there',
      '{"model":{"modelName":"m","serializedFile":"m.onnx"}}',
      '"m.onnx", which is not in the archive',
    ],
  ])('is refused when it %s', async (_, text, problem) => {
    await expect(unpack(withManifest(text))).rejects.toMatchObject({
      code: 'invalid_manifest',
      message: expect.stringContaining(problem),
    });
  });

  it('is refused when it is endless', async () => {
    await expect(unpack(withManifest(Buffer.alloc(9 * 2 ** 20, ' ')))).rejects.toMatchObject({
      code: 'invalid_manifest',
    });
  });

  it('may begin with a byte order mark, and keeps the fields of other tools', async () => {
    const { manifest: read } = await unpack(
      withManifest('\uFEFF{"implementationVersion":"1","model":{"modelName":"m","extensions":"e"}}'),
    );
    expect(read).toMatchObject({ implementationVersion: '1', model: { extensions: 'e' } });
  });

  it('names its archive in every complaint', async () => {
    await expect(unpack(withManifest('x'))).rejects.toThrow(/a\.mar: MAR-INF\/MANIFEST\.json/);
  });
});

it.each([
  ['a zip', craftZip([{ name: 'x', data: Buffer.alloc(30 * 2 ** 20), deflated: true }, zipManifest])],
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
  const zip = craftZip([
    { name: 'x', data: Buffer.concat(Array.from({ length: 40 }, () => noise)), deflated: true },
    zipManifest,
  ]);
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

describe('digests', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const files = { 'a.txt': 'first', 'deep/b.txt': 'second' };
  const digests = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, { size: text.length, sha256: sha256(text) }]),
  );
  const manifestOf = (listed: unknown) => JSON.stringify({ model: { modelName: 'm' }, files: listed });

  interface Written {
    readonly listed?: unknown;
    readonly content?: Readonly<Record<string, string>>;
  }
  const asZip = ({ listed = digests, content = files }: Written) =>
    craftZip([
      ...Object.entries(content).map(([name, data]) => ({ name, data, deflated: true })),
      { name: 'MAR-INF/MANIFEST.json', data: manifestOf(listed) },
    ]);
  const asTgz = ({ listed = digests, content = files }: Written) =>
    craftTgz([
      { path: 'm/MAR-INF/MANIFEST.json', data: manifestOf(listed) },
      ...Object.entries(content).map(([path, data]) => ({ path: `m/${path}`, data })),
    ]);
  const unpackDirectory = async ({ listed = digests, content = files }: Written, options: ExtractOptions) => {
    const folder = await temporaryFolder();
    const [archive, destination] = [join(folder, 'm'), join(folder, 'out')];
    await mkdir(destination);
    for (const [path, data] of Object.entries({ ...content, 'MAR-INF/MANIFEST.json': manifestOf(listed) })) {
      await mkdir(dirname(join(archive, path)), { recursive: true });
      await writeFile(join(archive, path), data);
    }
    return extractArchive(archive, destination, options);
  };

  const kinds = {
    zip: (written: Written, options: ExtractOptions) => unpack(asZip(written), options),
    tgz: (written: Written, options: ExtractOptions) => unpack(asTgz(written), options),
    directory: unpackDirectory,
  };

  describe.each(Object.entries(kinds))('of a %s', (_, extract) => {
    it('are compared when that is asked for', async () => {
      const changed = { content: { ...files, 'a.txt': 'FIRST' } };
      await expect(extract({}, { verifies: true })).resolves.toBeDefined();
      await expect(extract(changed, { verifies: false })).resolves.toBeDefined();
      await expect(extract({ ...changed, listed: null }, { verifies: true })).rejects.toMatchObject({
        code: 'invalid_manifest',
      });
    });

    it.each([
      [
        'differs',
        { content: { ...files, 'deep/b.txt': 'Second' } },
        `deep/b.txt differs from its digest (sha256) in MAR-INF/MANIFEST.json: expected ${sha256('second')}, came ${sha256('Second')}.`,
      ],
      [
        'is missing',
        { content: { 'a.txt': 'first' } },
        `deep/b.txt is missing, though MAR-INF/MANIFEST.json has its digest (sha256 ${sha256('second')}).`,
      ],
      [
        'is not listed',
        { content: { ...files, 'c.txt': 'third' } },
        `c.txt is in the archive, but has no digest in MAR-INF/MANIFEST.json (its sha256 is ${sha256('third')}).`,
      ],
      [
        'differs, and another',
        { content: { 'a.txt': '1', 'deep/b.txt': '2' } },
        `came ${sha256('1')}; 1 more is not as it says.`,
      ],
      [
        'has the name of what every object has',
        { content: { ...files, constructor: 'x' } },
        'constructor is in the archive, but has no digest',
      ],
    ] satisfies [string, Written, string][])('refuse a file that %s', async (__, written, message) => {
      await expect(extract(written, { verifies: true })).rejects.toMatchObject({
        code: 'digest_mismatch',
        message: expect.stringContaining(message),
      });
    });
  });

  it('are sha256: others are refused, and not taken for none', async () => {
    const listed = { 'a.txt': { size: 5, sha512: 'x' } };
    await expect(unpack(asZip({ listed }), { verifies: true })).rejects.toMatchObject({
      code: 'invalid_manifest',
      message: expect.stringContaining('files.a.txt.sha256 is missing'),
    });
  });
});
