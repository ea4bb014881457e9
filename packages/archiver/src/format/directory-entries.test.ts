import { execFile } from 'node:child_process';
import { appendFile, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { filesOf, temporaryFolder } from '../test-support/temporary-folder.ts';
import { MANIFEST } from '../test-support/unpack.ts';
import { extractArchive } from './extract-archive.ts';

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

  it('is copied, so that who writes into a copy does not change it', async () => {
    const { archive, destination } = await archiveFolder();
    await writeFile(join(archive, 'model.onnx'), 'weights');
    await extractArchive(archive, destination);
    expect((await stat(join(destination, 'model.onnx'))).mode & 0o777).toBe(0o644);
    await appendFile(join(destination, 'model.onnx'), ' and more');
    expect(await filesOf(archive)).toMatchObject({ 'model.onnx': 'weights' });
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

  it('is held to the limit on bytes', async () => {
    const { archive, destination } = await archiveFolder();
    await writeFile(join(archive, 'model.onnx'), 'x'.repeat(1000));
    await expect(extractArchive(archive, destination, { maxTotalBytes: 999 })).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  it('is held to the limit on entries', async () => {
    const { archive, destination } = await archiveFolder();
    await expect(extractArchive(archive, destination, { maxEntries: 1 })).rejects.toMatchObject({ code: 'too_large' });
  });
});
