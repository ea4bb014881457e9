/** Hashes files, and writes them and their manifest into an archive in its place. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileContent } from '../format/file-content.ts';
import type { Manifest } from '../format/manifest.ts';
import { sha256 } from '../format/verify-files.ts';
import type { ArchiveFormat } from '../format/archive-formats.ts';
import { type ArchiveFile, writeArchive } from '../format/write-archive.ts';
import type { PackageHearing, PackageResult } from '../package-options.ts';
import { type ArchiveOutput, writeToOutput } from './archive-output.ts';
import { readersObjection, totalOf } from './archive-size.ts';
import { progressOf } from './progress.ts';

/** One archive. */
export interface Packing<M> {
  /** Where it belongs. */
  readonly output: ArchiveOutput;
  /** How it is stored. */
  readonly format: ArchiveFormat;
  /** In `tgz`, every entry is in a folder of this name. */
  readonly name: string;
  /** All but the manifest, sorted by path. */
  readonly files: readonly ArchiveFile[];
  /** Where the manifest lies in it. */
  readonly manifestPath: string;
  /** @param files the digests of all files */
  readonly makeManifest: (files: NonNullable<Manifest['files']>) => M;
}

/** @throws PackagingError; the reason of a signal that aborts */
export async function packFiles<M>(packing: Packing<M>, hearing: PackageHearing): Promise<PackageResult<M>> {
  const { output, format, files } = packing;
  const manifest = packing.makeManifest(await digests(files, hearing));
  for (const note of output.notes) hearing.onWarning?.(note);
  return writeToOutput(output, async (target) => {
    const written = await write(target, { ...packing, manifest }, hearing);
    return { path: output.path, format, ...written, files: files.length + 1, manifest };
  });
}

async function digests(
  files: readonly ArchiveFile[],
  hearing: PackageHearing,
): Promise<NonNullable<Manifest['files']>> {
  const reading = { onBytes: progressOf('hashing', files, hearing), signal: hearing.signal };
  const entries: [string, { size: number; sha256: string }][] = [];
  for (const file of files) {
    entries.push([file.path, { size: file.size, sha256: await sha256(fileContent(file, reading)) }]);
  }
  return Object.fromEntries(entries);
}

interface Written extends Pick<Packing<unknown>, 'format' | 'name' | 'files' | 'manifestPath'> {
  readonly manifest: unknown;
}

async function write(
  target: string,
  { format, name, files, manifestPath, manifest }: Written,
  hearing: PackageHearing,
): Promise<{ size: number; sha256?: string }> {
  const { signal, onWarning } = hearing;
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const last = { path: manifestPath, size: text.length, source: text };
  // A tar is read from the front: there the manifest is found without reading the model.
  const all = format === 'tgz' ? [last, ...files] : [...files, last];
  await writeArchive(format, { target, name, files: all, onBytes: progressOf('writing', files, hearing), signal });
  const size = format === 'no-archive' ? totalOf(all) : (await stat(target)).size;
  const objection = readersObjection(format, all, size);
  if (objection !== undefined) onWarning?.(objection);
  if (format === 'no-archive') return { size };
  return { size, sha256: await sha256(createReadStream(target, { signal })) };
}
