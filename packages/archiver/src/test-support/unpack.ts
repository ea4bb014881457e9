/** Unpacks archives that a test has in its hands. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { extractArchive, type ExtractOptions } from '../format/extract-archive.ts';
import { filesOf, temporaryFolder } from './temporary-folder.ts';

/** The shortest manifest. */
export const MANIFEST = '{"model":{"modelName":"m"}}';

/** The shortest manifest as an entry of a zip. */
export const zipManifest = { name: 'MAR-INF/MANIFEST.json', data: MANIFEST };

/** The shortest manifest as an entry of a tar in the folder `m`. */
export const tarManifest = { path: 'm/MAR-INF/MANIFEST.json', data: MANIFEST };

/** Unpacks bytes and gives the files that came out; nothing may appear beside the destination. */
export async function unpack(bytes: Buffer, options?: ExtractOptions) {
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
