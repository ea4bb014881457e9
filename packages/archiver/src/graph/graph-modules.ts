/** The modules that a graph names: bundled, each in its place below the root of the archive. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundledModule, modulesOf, readGraph, type Step } from '@marserve/handlers/graph';
import { readConfigFile } from '../check/config-file.ts';
import { bundleHandler } from '../handler/bundle-handler.ts';
import type { HandlerSource } from '../handler/handler-source.ts';
import type { BundledSource } from '../handler/source-places.ts';
import { isFile } from '../inputs/is-file.ts';
import { missingFile } from '../inputs/missing-file.ts';
import type { ArchivePlan } from '../output/archive-plan.ts';
import type { PackageOptions } from '../package-options.ts';
import { PackagingError } from '../packaging-error.ts';
import { graphError } from './graph-error.ts';

/** Where bundles are written, and what stays outside of them. */
export interface ModuleBundling {
  /** Gets the bundles and their source maps. */
  readonly plan: ArchivePlan;
  /** A folder of the packaging's own, which becomes the root of the archive. */
  readonly modelDir: string;
  /** Packages that stay outside. */
  readonly external: readonly string[];
}

/** Whether it is the built-in handler `graph`. */
export function isGraph({ kind, runtime, manifestName }: HandlerSource): boolean {
  return kind === 'built-in' && runtime === 'node' && manifestName === 'graph';
}

/**
 * Files are looked for beside the graph's file; what the archive has already, as an extra file, stays as it is.
 * @throws PackagingError for a graph that is none, for modules that are not there, and for those that do not bundle
 */
export async function addGraphModules(options: PackageOptions, bundling: ModuleBundling): Promise<BundledSource[]> {
  const { configFile, moduleFolder: folder = dirname(configFile ?? ''), onWarning, signal } = options;
  if (configFile === undefined) return [];
  const { plan, modelDir, external } = bundling;
  const graph = await readStep(configFile, options);
  if (graph === undefined) return [];
  const modules = findModules(graph, { configFile, folder, plan });
  for (const { source, bundle } of modules) {
    const place = dirname(bundle);
    const directory = join(modelDir, place);
    await mkdir(directory, { recursive: true });
    for (const name of await bundleHandler({ file: source, directory, external, onWarning })) {
      plan.add({ path: join(place, name), source: join(directory, name) }, `the bundle of ${source}`);
    }
    signal?.throwIfAborted();
  }
  return modules;
}

/** Without validation, what is no graph is packed as it is. */
async function readStep(configFile: string, { validate, onWarning }: PackageOptions): Promise<Step | undefined> {
  const { raw } = await readConfigFile(configFile);
  try {
    return readGraph(raw['graph']);
  } catch (error) {
    const problem = graphError({ file: configFile, text: await readFile(configFile, 'utf8'), isBare: false }, error);
    if (validate !== false) throw problem;
    onWarning?.(problem.message);
    return undefined;
  }
}

function findModules(
  graph: Step,
  { configFile, folder, plan }: { readonly configFile: string; readonly folder: string; readonly plan: ArchivePlan },
): BundledSource[] {
  const packed = new Set(plan.files.map(({ path }) => path));
  const found = new Map<string, BundledSource>();
  const missing = new Set<string>();
  for (const { file, key } of modulesOf(graph)) {
    const source = join(folder, file);
    const bundle = bundledModule(file);
    const other = found.get(bundle);
    if (other !== undefined && other.source !== source) throw sameBundle(other.source, source);
    if (isFile(source)) found.set(bundle, { source, bundle });
    else if (!packed.has(file)) missing.add(missingFile(source, `${key} of ${configFile}`));
  }
  if (missing.size > 0) throw new PackagingError('missing_file', [...missing].join('\n'));
  return [...found.values()];
}

function sameBundle(one: string, other: string): PackagingError {
  return new PackagingError(
    'path_conflict',
    `${one} and ${other} differ by their extensions alone, which their bundles have not: rename one of them.`,
  );
}
