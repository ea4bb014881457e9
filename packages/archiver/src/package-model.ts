/** Packages a model: checks everything, bundles the handler, then writes the archive in one step. */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchivePlan } from './archive-plan.ts';
import { checkOutput, writeToOutput } from './archive-output.ts';
import { bundleHandler } from './bundle-handler.ts';
import { fileContent } from './format/file-content.ts';
import { MANIFEST_PATH, type Manifest } from './format/manifest.ts';
import { sha256 } from './format/verify-files.ts';
import { type ArchiveFile, type ArchiveFormat, writeArchive } from './format/write-archive.ts';
import { MAX_ZIP_FILES, MAX_ZIP_FILE_BYTES, MAX_ZIP_TOTAL_BYTES } from './format/write-zip.ts';
import type { HandlerSource } from './handler-source.ts';
import { makeManifest } from './make-manifest.ts';
import { checkInputs } from './package-inputs.ts';
import type { PackageOptions, PackageResult } from './package-options.ts';
import { PackagingError } from './packaging-error.ts';
import { progressOf } from './progress.ts';
import { readRequirements } from './requirements.ts';
import { validateHandler, validateModel } from './validate-package.ts';

/**
 * Checks, bundles and writes. A run that fails or is aborted leaves nothing behind; several runs of one name may go on at once.
 * @throws PackagingError; the signal's reason when it is aborted
 */
export async function packageModel(options: PackageOptions): Promise<PackageResult> {
  const { handler, plan } = await checkInputs(options);
  const output = await checkOutput(options);
  const format = options.archiveFormat ?? 'default';
  refuseTooLarge(format, await plan.measure());
  const staging = await mkdtemp(join(tmpdir(), 'model-archiver-'));
  try {
    const signature = options.validate === false ? undefined : await validateModel(options, plan);
    await addHandler(options, { handler, plan, staging });
    const files = await plan.measure();
    refuseTooLarge(format, files);
    const manifest = makeManifest(options, { handler, signature, files: await digests(files, options) });
    for (const note of output.notes) options.onWarning?.(note);
    return await writeToOutput(output, async (target) => {
      const written = await write(target, { options, files, manifest });
      return { path: output.path, format, ...written, files: files.length + 1, manifest };
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

interface Staged {
  readonly handler: HandlerSource;
  readonly plan: ArchivePlan;
  readonly staging: string;
}

async function addHandler(options: PackageOptions, { handler, plan, staging }: Staged): Promise<void> {
  if (handler.kind !== 'script') return;
  const directory = join(staging, 'bundle');
  await mkdir(directory);
  const external = options.requirementsFile === undefined ? [] : await readRequirements(options.requirementsFile);
  const { onWarning, signal } = options;
  const names = await bundleHandler({ file: handler.file, directory, external, onWarning });
  signal?.throwIfAborted();
  for (const name of names) plan.add({ path: name, source: join(directory, name) }, `the bundle of ${handler.file}`);
  if (options.validate !== false) await validateHandler(options, { handler, staging, plan, external });
}

async function digests(files: readonly ArchiveFile[], options: PackageOptions): Promise<NonNullable<Manifest['files']>> {
  const reading = { onBytes: progressOf('hashing', files, options), signal: options.signal };
  const entries: [string, { size: number; sha256: string }][] = [];
  for (const file of files) {
    entries.push([file.path, { size: file.size, sha256: await sha256(fileContent(file, reading)) }]);
  }
  return Object.fromEntries(entries);
}

interface WriteOptions {
  readonly options: PackageOptions;
  readonly files: readonly ArchiveFile[];
  readonly manifest: Manifest;
}

async function write(target: string, { options, files, manifest }: WriteOptions): Promise<{ size: number; sha256?: string }> {
  const { archiveFormat: format = 'default', modelName: name, signal } = options;
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const last = { path: MANIFEST_PATH, size: text.length, source: text };
  // A tar is read from the front: there the manifest is found without reading the model.
  const all = format === 'tgz' ? [last, ...files] : [...files, last];
  await writeArchive(format, { target, name, files: all, onBytes: progressOf('writing', files, options), signal });
  if (format === 'no-archive') return { size: totalOf(all) };
  return { size: (await stat(target)).size, sha256: await sha256(createReadStream(target, { signal })) };
}

function refuseTooLarge(format: ArchiveFormat, files: readonly ArchiveFile[]): void {
  if (format === 'tgz' || format === 'no-archive') return;
  const file = files.find(({ size }) => size > MAX_ZIP_FILE_BYTES);
  const problem =
    file !== undefined
      ? `${file.path} has ${file.size} bytes, and a file of a zip can have ${MAX_ZIP_FILE_BYTES}`
      : totalOf(files) > MAX_ZIP_TOTAL_BYTES
        ? `the files have ${totalOf(files)} bytes together, and those of a zip can have ${MAX_ZIP_TOTAL_BYTES}`
        : files.length > MAX_ZIP_FILES
          ? `there are ${files.length} files, and a zip can have ${MAX_ZIP_FILES}`
          : undefined;
  if (problem === undefined) return;
  const hint = 'Use --archive-format tgz or --archive-format no-archive, which take any size.';
  throw new PackagingError('too_large', `This is too large for the archive format ${format}: ${problem}. ${hint}`);
}

function totalOf(files: readonly ArchiveFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
