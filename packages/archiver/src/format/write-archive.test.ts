import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { filesOf, temporaryFolder } from '../test-support/temporary-folder.ts';
import { extractArchive } from './extract-archive.ts';
import { ARCHIVE_FORMATS, type ArchiveFormat, FILE_NAMES } from './archive-formats.ts';
import { type ArchiveFile, writeArchive } from './write-archive.ts';
import { verifyFiles } from './verify-files.ts';

const run = promisify(execFile);
const python = await run('python3', ['--version']).then(
  () => true,
  () => false,
);
const unzip = await run('unzip', ['-v']).then(
  () => true,
  () => false,
);

const CONTENT: Readonly<Record<string, string>> = {
  'a b.txt': 'with a space',
  'deep/er/ünï – 模型.json': '{}',
  empty: '',
  'long.txt': 'the same again and again '.repeat(5000),
  [`${'folder/'.repeat(20)}${'n'.repeat(120)}`]: 'a path that is too long for the first tar programs',
  'MAR-INF/MANIFEST.json': '{"model":{"modelName":"m"}}',
};

function buffers(content: Readonly<Record<string, string>> = CONTENT): ArchiveFile[] {
  return Object.entries(content).map(([path, text]) => {
    const source = Buffer.from(text);
    return { path, size: source.length, source };
  });
}

async function write(format: ArchiveFormat, files: readonly ArchiveFile[] = buffers()): Promise<string> {
  const target = join(await temporaryFolder(), FILE_NAMES[format]('m'));
  await writeArchive(format, { target, name: 'm', files });
  return target;
}

describe.each(ARCHIVE_FORMATS)('the format %s', (format) => {
  it('gives every file back, whatever its name', async () => {
    const archive = await write(format);
    const destination = await temporaryFolder();
    await extractArchive(archive, destination);
    expect(await filesOf(destination)).toEqual(CONTENT);
  });

  it('gives thousands of files back, empty ones too', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => [`f/${index}`, index % 2 === 0 ? '' : 'x'] as const);
    const content = { ...Object.fromEntries(many), 'MAR-INF/MANIFEST.json': '{"model":{"modelName":"m"}}' };
    const destination = await temporaryFolder();
    await extractArchive(await write(format, buffers(content)), destination);
    expect(await filesOf(destination)).toEqual(content);
  });

  it('refuses a file that grew or shrank since it was measured', async () => {
    const source = join(await temporaryFolder(), 'x');
    await writeFile(source, 'four');
    for (const size of [3, 5]) {
      await expect(write(format, [{ path: 'x', size, source }])).rejects.toThrow(/changed while it was being packaged/);
    }
  });

  it('does not write over what is there', async () => {
    const target = await write(format);
    await expect(writeArchive(format, { target, name: 'm', files: buffers() })).rejects.toMatchObject({
      code: 'EEXIST',
    });
  });

  it('reports every byte that it reads', async () => {
    const target = join(await temporaryFolder(), 'm');
    let bytes = 0;
    await writeArchive(format, { target, name: 'm', files: buffers(), onBytes: (count) => (bytes += count) });
    expect(bytes).toBe(buffers().reduce((sum, { size }) => sum + size, 0));
  });
});

describe.each(['default', 'zip-store', 'tgz'] as const)('the format %s', (format) => {
  it('gives the same bytes for the same files, whatever their times and modes', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'one'), 'content', { mode: 0o600 });
    const first = await write(format, [{ path: 'x', size: 7, source: join(folder, 'one') }, ...buffers()]);
    await writeFile(join(folder, 'two'), 'content', { mode: 0o755 });
    const second = await write(format, [{ path: 'x', size: 7, source: join(folder, 'two') }, ...buffers()]);
    expect(await readFile(first)).toEqual(await readFile(second));
  });

  it.skipIf(!python)('is read by Python, with its manifest (skipped where python3 is not installed)', async () => {
    const script =
      format === 'tgz'
        ? 'import sys,json,tarfile; a=tarfile.open(sys.argv[1]); n=a.getnames(); m=json.load(a.extractfile("m/MAR-INF/MANIFEST.json"))'
        : 'import sys,json,zipfile; a=zipfile.ZipFile(sys.argv[1]); assert a.testzip() is None; n=a.namelist(); m=json.load(a.open("MAR-INF/MANIFEST.json"))';
    const { stdout } = await run('python3', ['-c', `${script}; print(json.dumps([n,m]))`, await write(format)]);
    const names = Object.keys(CONTENT).map((name) => (format === 'tgz' ? `m/${name}` : name));
    expect(JSON.parse(stdout)).toEqual([names, { model: { modelName: 'm' } }]);
  });
});

describe('a zip', () => {
  it.skipIf(!unzip)('is read by unzip (skipped where that is not installed)', async () => {
    const { stdout } = await run('unzip', ['-t', await write('default')]);
    expect(stdout).toContain('No errors detected');
  });

  it('is smaller than its files only in the format default', async () => {
    const { size: text } = buffers().find(({ path }) => path === 'long.txt') as ArchiveFile;
    expect((await stat(await write('default'))).size).toBeLessThan(text / 10);
    expect((await stat(await write('zip-store'))).size).toBeGreaterThan(text);
  });

  it('is made in other threads when it is large, with the same result', async () => {
    const source = join(await temporaryFolder(), 'large');
    await writeFile(source, 'x');
    await truncate(source, 70 * 2 ** 20);
    const files = [{ path: 'large', size: 70 * 2 ** 20, source }, ...buffers()];
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    const archive = await write('default', files);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
    const destination = await temporaryFolder();
    await extractArchive(archive, destination, { maxRatio: Infinity });
    expect((await stat(join(destination, 'large'))).size).toBe(70 * 2 ** 20);
  });
});

it('tgz and no-archive take a file larger than memory would like, in little memory', async () => {
  const source = join(await temporaryFolder(), 'sparse');
  await writeFile(source, '');
  const size = 400 * 2 ** 20;
  await truncate(source, size);
  const files = [{ path: 'model.onnx', size, source }, ...buffers()];
  const target = join(await temporaryFolder(), 'm.tar.gz');
  const before = process.memoryUsage().rss;
  let most = 0;
  await writeArchive('tgz', {
    target,
    name: 'm',
    files,
    onBytes: () => (most = Math.max(most, process.memoryUsage().rss)),
  });
  expect(most - before).toBeLessThan(200 * 2 ** 20);
});

describe('verifyFiles', () => {
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const withFiles = (files: Record<string, unknown>) =>
    JSON.stringify({ model: { modelName: 'm' }, files: { ...files, abc: { size: 3, sha256: digest } } });

  it.each(ARCHIVE_FORMATS)('finds nothing wrong with a true archive (%s)', async (format) => {
    const archive = await write(format, buffers({ abc: 'abc', 'MAR-INF/MANIFEST.json': withFiles({}) }));
    expect(await verifyFiles(archive)).toMatchObject({ files: 1, differences: [] });
  });

  it('names what differs, is missing, is extra', async () => {
    const archive = await write(
      'default',
      buffers({ abc: 'abd', more: '', 'MAR-INF/MANIFEST.json': withFiles({ less: { size: 3, sha256: digest } }) }),
    );
    expect((await verifyFiles(archive)).differences).toEqual([
      { path: 'abc', problem: 'differs' },
      { path: 'less', problem: 'missing' },
      { path: 'more', problem: 'extra' },
    ]);
  });

  it('says so when the archive has no digests', async () => {
    await expect(verifyFiles(await write('default'))).rejects.toThrow(/no digests to verify/);
  });
});

it('writes into a folder that was made for it only', async () => {
  const target = join(await temporaryFolder(), 'no', 'such', 'folder', 'm');
  await expect(writeArchive('default', { target, name: 'm', files: buffers() })).rejects.toMatchObject({
    code: 'ENOENT',
  });
  await mkdir(target, { recursive: true });
  await expect(writeArchive('no-archive', { target, name: 'm', files: [] })).rejects.toMatchObject({ code: 'EEXIST' });
});
