/** Packages a graph: its file, its modules, and what stands beside it. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import type { Step } from '@marserve/handlers/graph';
import { dump } from 'js-yaml';
import { readConfigFile } from '../check/config-file.ts';
import { ModelConfigError, readModelConfig } from '../model-config/index.ts';
import { packageModel } from '../package-model.ts';
import type { PackageOptions, PackageResult } from '../package-options.ts';
import { PackagingError } from '../packaging-error.ts';
import { readGraphFile, type GraphFile } from './graph-file.ts';

/** Options that a graph has not, since its models are elsewhere, or has by itself. */
type OfModels =
  | 'handler'
  | 'runtime'
  | 'serializedFile'
  | 'modelFile'
  | 'moduleFolder'
  | (keyof PackageOptions & `predictor${string}`);

/** Options of one packaging of a graph. */
export interface GraphOptions extends Omit<PackageOptions, OfModels | 'modelName' | 'version'> {
  /** YAML or JSON: the graph alone, or a model's YAML file with the section `graph`. Its modules lie beside it. */
  readonly file: string;
  /** By default what the file is called, without its extension. */
  readonly modelName?: string | undefined;
  /** Default `1.0`. */
  readonly version?: string | undefined;
  /** The other keys of the model's YAML file, where `file` has not got them. */
  readonly configFile?: string;
}

/** What was written. */
export interface GraphResult extends PackageResult {
  /** Its steps. */
  readonly graph: Step;
}

/** @throws PackagingError; of a graph that is none with file, line and column */
export async function packageGraph({
  file,
  modelName,
  version = '1.0',
  ...options
}: GraphOptions): Promise<GraphResult> {
  const graphFile = await readGraphFile(file);
  const other = options.configFile === undefined ? undefined : (await readConfigFile(options.configFile)).raw;
  const config = merged(graphFile, { file: options.configFile ?? '', config: other ?? {} });
  checkKeys(file, config);
  const named = {
    ...options,
    handler: 'graph',
    modelName: modelName ?? nameOf(file),
    version,
    moduleFolder: dirname(file),
  };
  const isWhole = !graphFile.isBare && other === undefined;
  const result = isWhole
    ? await packageModel({ ...named, configFile: file })
    : await packageMerged(file, config, named);
  return { ...result, graph: graphFile.graph };
}

interface OtherKeys {
  readonly file: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function merged({ file, config }: GraphFile, other: OtherKeys): Readonly<Record<string, unknown>> {
  const twice = Object.keys(other.config).find((key) => Object.hasOwn(config, key));
  if (twice === undefined) return { ...other.config, ...config };
  throw new PackagingError(
    'invalid_option',
    `Both ${file} (--file) and ${other.file} (--config-file) have the key ${twice}: remove one of them.`,
  );
}

function checkKeys(file: string, config: Readonly<Record<string, unknown>>): void {
  try {
    readModelConfig(JSON.stringify(config));
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    const problems = error.problems.map((problem) => `${file} (--file): ${problem}`);
    throw new PackagingError('invalid_option', problems.join('\n'), { cause: error });
  }
}

/** A file that nobody wrote goes into the archive under the name of the graph's; messages say where its content is from. */
async function packageMerged(file: string, config: object, options: PackageOptions): Promise<PackageResult> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'model-archiver-graph-'));
  const configFile = join(folder, `${basename(file, extname(file))}.yaml`);
  const told = (message: string): string => message.replaceAll(configFile, file);
  try {
    await writeFile(configFile, dump(config, { noRefs: true, lineWidth: -1 }));
    return await packageModel({ ...options, configFile, onWarning: (message) => options.onWarning?.(told(message)) });
  } catch (error) {
    if (!(error instanceof PackagingError)) throw error;
    throw new PackagingError(error.code, told(error.message), { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function nameOf(file: string): string {
  return basename(file, extname(file));
}
