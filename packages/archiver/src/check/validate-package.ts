/** Opens the model and imports the handler, in child processes, from a folder that looks like the unpacked archive. */
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CheckRequest } from '@marserve/handlers/check';
import type { ArchivePlan } from '../output/archive-plan.ts';
import { check } from './check-process.ts';
import { readConfigFile } from './config-file.ts';
import type { Manifest } from '../format/manifest.ts';
import { bundleName, MODELLESS_BUILT_INS, type HandlerSource } from '../handler/handler-source.ts';
import { missingFile } from '../inputs/missing-file.ts';
import type { PackageInputs } from '../inputs/package-inputs.ts';
import type { PackageOptions } from '../package-options.ts';
import { PackagingError } from '../packaging-error.ts';
import { linkPackage, linkRuntimePackages, packageRoot } from '../runtime-packages.ts';
import { sourcePlaces, type BundledSource } from '../handler/source-places.ts';

/** A model of many gigabytes is read whole when it is opened. */
const OPEN_TIMEOUT = 10 * 60_000;
const IMPORT_TIMEOUT = 60_000;

/**
 * Opens the serialized file when it is an ONNX model, or must be one, and adds its external data to the plan.
 * @returns its inputs and outputs; undefined for other models
 * @throws PackagingError
 */
export async function validateModel(
  options: PackageOptions,
  { handler, plan }: PackageInputs,
): Promise<Manifest['model']['signature']> {
  const { serializedFile: file, signal } = options;
  if (file === undefined || !(isOurs(handler) || file.toLowerCase().endsWith('.onnx'))) return undefined;
  const request = { kind: 'model', path: resolve(file) } as const;
  const { signature, externalData } = await check(request, { subject: file, timeout: OPEN_TIMEOUT, signal });
  for (const path of externalData) {
    const source = join(dirname(file), path);
    if (!existsSync(source)) {
      throw new PackagingError('missing_file', missingFile(source, `external data of ${file}`));
    }
    plan.add({ path: path.replaceAll('\\', '/'), source }, `external data of ${basename(file)}`);
  }
  return signature;
}

/** Our built-in handlers open whatever the file is called. */
function isOurs({ kind, runtime }: HandlerSource): boolean {
  return kind === 'built-in' && runtime === 'node';
}

/** The built-in handlers that answer for some models only. */
const PARTICULAR = ['image_classifier', 'tabular_classifier', 'vector_search'];

/**
 * Initializes a built-in handler with the model and its YAML file, where either may not suit it.
 * @param modelDir an empty folder of the packaging's own
 * @throws PackagingError with the reason why the handler cannot answer for the model, and the handler that can
 */
export async function validateBuiltIn(
  options: PackageOptions,
  toValidate: HandlerToValidate & { readonly modules: readonly BundledSource[] },
): Promise<void> {
  const { handler, modelDir, plan, external, modules } = toValidate;
  const { serializedFile: file, configFile, signal, onWarning } = options;
  const name = handler.manifestName;
  if (!isOurs(handler) || (file === undefined && !MODELLESS_BUILT_INS.includes(name))) return;
  if (configFile === undefined && !PARTICULAR.includes(name)) return;
  for (const { source } of modules) await linkPackages(modelDir, external, source);
  await linkFiles(plan, modelDir);
  const modelConfig = configFile === undefined ? {} : (await readConfigFile(configFile)).raw;
  const request = {
    kind: 'built-in',
    modelDir,
    handler: name,
    ...(file !== undefined && { serializedFile: basename(file) }),
    modelConfig,
  } as const;
  const subject = file ?? configFile ?? name;
  const timeout = modules.length === 0 ? OPEN_TIMEOUT : (options.importTimeout ?? IMPORT_TIMEOUT);
  const rewrite = await sourcePlaces(modelDir, modules, options.moduleFolder ?? dirname(configFile ?? '.'));
  const { warnings = [] } = await check(request, { subject, timeout, signal, rewrite });
  for (const warning of warnings) onWarning?.(`${subject}: ${warning}`);
}

/** What is known when the handler is imported. */
export interface HandlerToValidate {
  /** What `--handler` stands for. */
  readonly handler: HandlerSource;
  /** A folder of the packaging's own, which has the bundle already. */
  readonly modelDir: string;
  /** The files that the handler may read. */
  readonly plan: ArchivePlan;
  /** Packages of the requirements file. */
  readonly external: readonly string[];
}

/**
 * Imports a bundled handler.
 * @throws PackagingError with the handler's own error, or what it lacks
 */
export async function validateHandler(options: PackageOptions, subject: HandlerToValidate): Promise<void> {
  const { handler, modelDir } = subject;
  if (handler.kind !== 'script') return;
  await checkBundle(
    options,
    { ...subject, file: handler.file },
    {
      kind: 'handler',
      modelDir,
      handler: handler.manifestName,
    },
  );
}

/**
 * Imports the bundled handler of a workflow.
 * @param names of the functions that it must have
 * @throws PackagingError with the handler's own error, or the functions that it lacks
 */
export async function validateFunctions(
  options: ImportOptions,
  bundle: BundleToValidate,
  names: readonly string[],
): Promise<void> {
  const { modelDir, file } = bundle;
  await checkBundle(options, bundle, { kind: 'functions', modelDir, handler: bundleName(file), names });
}

type ImportOptions = Pick<PackageOptions, 'importTimeout' | 'signal'>;

/** A bundle that is imported. */
export interface BundleToValidate extends Omit<HandlerToValidate, 'handler'> {
  /** Its source. */
  readonly file: string;
}

async function checkBundle(
  { importTimeout: timeout = IMPORT_TIMEOUT, signal }: ImportOptions,
  { file, modelDir, plan, external }: BundleToValidate,
  request: CheckRequest,
): Promise<void> {
  await linkPackages(modelDir, external, file);
  await linkFiles(plan, modelDir);
  const rewrite = await sourcePlaces(modelDir, [{ source: file, bundle: bundleName(file) }], dirname(file));
  await check(request, { subject: file, timeout, signal, rewrite });
}

/** What a bundle finds outside of it: the server's packages, and those of the requirements file as `source` would find them. */
async function linkPackages(modelDir: string, external: readonly string[], source: string): Promise<void> {
  await linkRuntimePackages(dirname(modelDir));
  for (const name of external) {
    const root = await packageRoot(name, resolve(source));
    if (root !== undefined) await linkPackage(dirname(modelDir), name, root);
  }
}

/** Makes the folder look like the unpacked archive: every other file of the plan is there as a link. */
async function linkFiles(plan: ArchivePlan, modelDir: string): Promise<void> {
  for (const { path, source } of plan.files) {
    const link = join(modelDir, path);
    if (link === source) continue;
    await mkdir(dirname(link), { recursive: true });
    await symlink(resolve(source), link);
  }
}
