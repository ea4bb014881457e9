/** Packages a model: checks everything, bundles the handler, then writes the archive in one step. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchivePlan } from './output/archive-plan.ts';
import { refuseTooLarge } from './output/archive-size.ts';
import { checkOutput } from './output/archive-output.ts';
import { bundleHandler } from './handler/bundle-handler.ts';
import { readConfigFile } from './check/config-file.ts';
import { MANIFEST_PATH, type Manifest } from './format/manifest.ts';
import { FILE_NAMES } from './format/archive-formats.ts';
import { addGraphModules, isGraph } from './graph/graph-modules.ts';
import type { HandlerSource } from './handler/handler-source.ts';
import { makeManifest } from './output/make-manifest.ts';
import { namedPredictor } from './inputs/named-predictor.ts';
import { checkInputs } from './inputs/package-inputs.ts';
import type { PackageOptions, PackageResult } from './package-options.ts';
import { packGolden } from './golden/pack-golden.ts';
import { packFiles } from './output/pack-files.ts';
import { inStaging } from './output/staging.ts';
import { readRequirements } from './handler/requirements.ts';
import { validateBuiltIn, validateHandler, validateModel } from './check/validate-package.ts';

/**
 * Checks, bundles and writes. A run that fails or is aborted leaves nothing behind; several runs of one name may go on at once.
 * @throws PackagingError; the signal's reason when it is aborted
 */
export async function packageModel(options: PackageOptions): Promise<PackageResult> {
  const { handler, plan } = await checkInputs(options);
  const { archiveFormat: format = 'default', modelName: name, exportPath, force } = options;
  const isDirectory = format === 'no-archive';
  const output = await checkOutput({ fileName: FILE_NAMES[format](name), isDirectory, exportPath, force });
  if (handler.runtime === 'node') await checkConfigFile(options);
  const predictor = await namedPredictor(options);
  const golden = options.golden === undefined ? [] : [await packGolden(options.golden)];
  refuseTooLarge(format, await plan.measure());
  return inStaging(options.signal, async (staging) => {
    const signature = options.validate === false ? undefined : await validateModel(options, { handler, plan });
    await addHandler(options, { handler, plan, staging });
    const files = [...golden, ...(await plan.measure())].sort((a, b) => (a.path < b.path ? -1 : 1));
    refuseTooLarge(format, files);
    const manifestOf = (digests: NonNullable<Manifest['files']>): Manifest =>
      makeManifest(options, { handler, signature, predictor, files: digests });
    return packFiles({ output, format, name, files, manifestPath: MANIFEST_PATH, makeManifest: manifestOf }, options);
  });
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
