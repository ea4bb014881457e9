import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { listArchives } from './locate-archive.ts';

it('the archives of a store are its folders, and the files with the names of archives in any case of letters', async () => {
  const archives = ['UPPER.MAR', 'a.mar', 'b.model', 'c.tar.gz', 'd.Tgz', 'folder'];
  const others = ['.hidden.mar', 'notes.txt', 'mar', 'a.mar.bak'];
  const files = [...archives.slice(0, -1), ...others];
  const store = await temporaryFolder(Object.fromEntries(files.map((name) => [name, ''])));
  await mkdir(path.join(store, 'folder'));
  await mkdir(path.join(store, '.hidden'));
  expect(await listArchives(store)).toEqual(archives);
});
