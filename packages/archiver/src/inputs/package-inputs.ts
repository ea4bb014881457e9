/** Looks at the options of a packaging before anything is written: names, files, output. */
import { basename } from 'node:path';
import { ArchivePlan } from '../output/archive-plan.ts';
import { findExtraFiles } from './extra-files.ts';
import { modelVersionProblem } from '../format/manifest.ts';
import { foreignModelProblem } from '../check/foreign-model.ts';
import { MODELLESS_BUILT_INS, PYTHON_HANDLERS, type HandlerSource, resolveHandler } from '../handler/handler-source.ts';
import { isFile } from './is-file.ts';
import { missingFile } from './missing-file.ts';
import { assertArchiveName, assertName } from './names.ts';
import { RUNTIMES, type PackageOptions } from '../package-options.ts';
import { PackagingError } from '../packaging-error.ts';

/** What the options came to. */
export interface PackageInputs {
  /** What `--handler` stands for. */
  readonly handler: HandlerSource;
  /** The files that were named; the bundle, external data and the manifest are still to come. */
  readonly plan: ArchivePlan;
}

/** The options that name one file, which goes to the root of the archive. */
const SINGLE_FILES = [
  ['serializedFile', '--serialized-file'],
  ['modelFile', '--model-file'],
  ['requirementsFile', '--requirements-file'],
  ['configFile', '--config-file'],
] as const;

/** @throws PackagingError naming everything that is missing */
export async function checkInputs(options: PackageOptions): Promise<PackageInputs> {
  checkNames(options);
  const missing: string[] = [];
  const handler = findHandler(options, missing);
  const plan = new ArchivePlan();
  for (const [option, flag] of SINGLE_FILES) {
    const file = options[option];
    if (file === undefined) continue;
    if (isFile(file)) plan.add({ path: basename(file), source: file }, flag);
    else missing.push(missingFile(file, flag));
  }
  if (lacksModel(options, handler))
    missing.push(`The handler ${options.handler} needs a model: name it with --serialized-file`);
  const extra = await findExtraFiles(options.extraFiles ?? []);
  missing.push(...extra.missing.map((name) => missingFile(name, '--extra-files')));
  for (const name of extra.unmatched) options.onWarning?.(`Given wildcard pattern did not match any file: ${name}`);
  if (missing.length > 0 || handler === undefined) throw new PackagingError('missing_file', missing.join('\n'));
  checkLanguages(options, handler);
  for (const file of extra.files) plan.add(file, '--extra-files');
  if (handler.kind === 'copied') plan.add({ path: basename(handler.file), source: handler.file }, '--handler');
  return { handler, plan };
}

/** Our built-in handlers run a model, but for those whose models are elsewhere; TorchServe's may not. */
function lacksModel(options: PackageOptions, handler: HandlerSource | undefined): boolean {
  const isOurs =
    handler?.kind === 'built-in' && handler.runtime === 'node' && !MODELLESS_BUILT_INS.includes(handler.manifestName);
  const hasNone = options.serializedFile === undefined && options.modelFile === undefined;
  return isOurs && hasNone && options.validate !== false;
}

/** A handler of the author's own may know what to do with a model that is not ONNX; ours do not. */
function checkLanguages(options: PackageOptions, handler: HandlerSource): void {
  if (handler.runtime === 'python' && options.runtime === undefined) options.onWarning?.(PYTHON_HANDLERS);
  const problem = foreignModelProblem(options, handler);
  if (problem === undefined || options.validate === false) return;
  if (handler.kind === 'built-in') throw new PackagingError('invalid_model', problem);
  options.onWarning?.(problem);
}

function checkNames({ modelName, version, runtime }: PackageOptions): void {
  assertArchiveName('model', modelName);
  if (version.trim() === '')
    throw new PackagingError('invalid_option', 'The version (--version) is empty; 1.0 is customary.');
  assertName('version (--version)', modelVersionProblem(version));
  if (runtime !== undefined && !RUNTIMES.includes(runtime)) {
    throw new PackagingError(
      'invalid_option',
      `The runtime (--runtime) is ${runtime as string}; expected ${RUNTIMES.join(', ')}.`,
    );
  }
}

/** A handler that does not exist is kept for the list of everything that is missing. */
function findHandler({ handler, runtime }: PackageOptions, missing: string[]): HandlerSource | undefined {
  try {
    return resolveHandler(handler, runtime);
  } catch (error) {
    if (!(error instanceof PackagingError) || error.code !== 'missing_file') throw error;
    missing.push(error.message);
    return undefined;
  }
}
