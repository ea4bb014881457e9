/** Packages a model: checks everything, bundles the handler, then writes the archive in one step. */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchivePlan } from './output/archive-plan.ts';
import { readersObjection, refuseTooLarge, totalOf } from './output/archive-size.ts';
import { checkOutput, writeToOutput } from './output/archive-output.ts';
import { bundleHandler } from './handler/bundle-handler.ts';
import { readConfigFile } from './check/config-file.ts';
import { fileContent } from './format/file-content.ts';
import { MANIFEST_PATH, type Manifest } from './format/manifest.ts';
import { sha256 } from './format/verify-files.ts';
import { type ArchiveFile, writeArchive } from './format/write-archive.ts';
import { addGraphModules, isGraph } from './graph/graph-modules.ts';
import type { HandlerSource } from './handler/handler-source.ts';
import { makeManifest } from './output/make-manifest.ts';
import { namedPredictor } from './inputs/named-predictor.ts';
import { checkInputs } from './inputs/package-inputs.ts';
import type { PackageOptions, PackageResult } from './package-options.ts';
import { packGolden } from './golden/pack-golden.ts';
import { progressOf } from './output/progress.ts';
import { readRequirements } from './handler/requirements.ts';
import { validateBuiltIn, validateHandler, validateModel } from './check/validate-package.ts';

/**
 * Checks, bundles and writes. A run that fails or is aborted leaves nothing behind; several runs of one name may go on at once.
 * @throws PackagingError; the signal's reason when it is aborted
 */
export async function packageModel(options: PackageOptions): Promise<PackageResult> {
  const { handler, plan } = await checkInputs(options);
  const output = await checkOutput(options);
  const format = options.archiveFormat ?? 'default';
  if (handler.runtime === 'node') await checkConfigFile(options);
  const predictor = await namedPredictor(options);
  const golden = options.golden === undefined ? [] : [await packGolden(options.golden)];
  refuseTooLarge(format, await plan.measure());
  const staging = await mkdtemp(join(await realpath(tmpdir()), 'model-archiver-'));
  try {
    const signature = options.validate === false ? undefined : await validateModel(options, { handler, plan });
    await addHandler(options, { handler, plan, staging });
    const files = [...golden, ...(await plan.measure())].sort((a, b) => (a.path < b.path ? -1 : 1));
    refuseTooLarge(format, files);
    const manifest = makeManifest(options, { handler, signature, predictor, files: await digests(files, options) });
    for (const note of output.notes) options.onWarning?.(note);
    return await writeToOutput(output, async (target) => {
      const written = await write(target, { options, files, manifest });
      return { path: output.path, format, ...written, files: files.length + 1, manifest };
    });
  } catch (error) {
    throw options.signal?.aborted === true ? options.signal.reason : error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function checkConfigFile({ configFile, onWarning }: PackageOptions): Promise<void> {
  const warnings = configFile === undefined ? [] : (await readConfigFile(configFile)).warnings;
  for (const warning of warnings) onWarning?.(`${configFile}: ${warning}`);
}

interface Staged {
  readonly handler: HandlerSource;
  readonly plan: ArchivePlan;
  readonly staging: string;
}

async function addHandler(options: PackageOptions, { handler, plan, staging }: Staged): Promise<void> {
  const directory = join(staging, 'model');
  await mkdir(directory);
  const isBundled = handler.kind === 'script' || isGraph(handler);
  const external = isBundled ? await externalPackages(options) : [];
  if (handler.kind !== 'script') {
    const bundling = { plan, modelDir: directory, external };
    const modules = isGraph(handler) ? await addGraphModules(options, bundling) : [];
    if (options.validate !== false) await validateBuiltIn(options, { handler, modules, ...bundling });
    return;
  }
  const { onWarning, signal } = options;
  const names = await bundleHandler({ file: handler.file, directory, external, onWarning });
  signal?.throwIfAborted();
  for (const name of names) plan.add({ path: name, source: join(directory, name) }, `the bundle of ${handler.file}`);
  if (options.validate !== false) await validateHandler(options, { handler, modelDir: directory, plan, external });
}

async function externalPackages({ requirementsFile }: PackageOptions): Promise<string[]> {
  return requirementsFile === undefined ? [] : readRequirements(requirementsFile);
}

async function digests(
  files: readonly ArchiveFile[],
  options: PackageOptions,
): Promise<NonNullable<Manifest['files']>> {
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

async function write(
  target: string,
  { options, files, manifest }: WriteOptions,
): Promise<{ size: number; sha256?: string }> {
  const { archiveFormat: format = 'default', modelName: name, signal } = options;
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const last = { path: MANIFEST_PATH, size: text.length, source: text };
  // A tar is read from the front: there the manifest is found without reading the model.
  const all = format === 'tgz' ? [last, ...files] : [...files, last];
  await writeArchive(format, { target, name, files: all, onBytes: progressOf('writing', files, options), signal });
  const size = format === 'no-archive' ? totalOf(all) : (await stat(target)).size;
  const objection = readersObjection(format, all, size);
  if (objection !== undefined) options.onWarning?.(objection);
  if (format === 'no-archive') return { size };
  return { size, sha256: await sha256(createReadStream(target, { signal })) };
}
