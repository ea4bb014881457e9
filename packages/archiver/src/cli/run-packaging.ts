/** What packages: flags to options, what it hears to the terminal. */
import type { InferredOptionTypes } from 'yargs';
import { packageGraph } from '../graph/package-graph.ts';
import { packageModel } from '../package-model.ts';
import type { PackageOptions } from '../package-options.ts';
import type { GRAPH_FLAGS, PACKAGE_FLAGS } from './cli-flags.ts';
import { renderResult } from './cli-output.ts';
import { createProgressBar } from './cli-progress.ts';
import { renderGraph } from './graph-output.ts';
import { splitNames } from './split-names.ts';

type PackageFlags = InferredOptionTypes<typeof PACKAGE_FLAGS>;

/** Packages a model. @returns what is printed of it */
export function runPackage(flags: PackageFlags, signal: AbortSignal): Promise<string> {
  return shown(flags, async (hearing) => {
    const result = await packageModel({
      ...flags,
      ...commonOptions(flags),
      modelName: flags['model-name'],
      handler: flags.handler,
      serializedFile: flags['serialized-file'],
      modelFile: flags['model-file'],
      predictorDigest: flags['predictor-digest'],
      predictorModel: flags['predictor-model'],
      ...hearing,
      signal,
    });
    return renderResult(result);
  });
}

/** Packages a graph. @returns what is printed of it */
export function runGraph(flags: InferredOptionTypes<typeof GRAPH_FLAGS>, signal: AbortSignal): Promise<string> {
  return shown(flags, async (hearing) => {
    const modelName = flags['model-name'];
    const result = await packageGraph({ ...flags, ...commonOptions(flags), modelName, ...hearing, signal });
    return `${renderResult(result)}\n\n${renderGraph(result.graph)}`;
  });
}

type CommonFlag =
  'extra-files' | 'export-path' | 'archive-format' | 'requirements-file' | 'config-file' | 'no-validate';

function commonOptions(flags: Pick<PackageFlags, CommonFlag>) {
  return {
    extraFiles: flags['extra-files']?.flatMap(splitNames),
    exportPath: flags['export-path'],
    archiveFormat: flags['archive-format'],
    requirementsFile: flags['requirements-file'],
    configFile: flags['config-file'],
    validate: !flags['no-validate'],
  };
}

/** Shows how far it is, what it warns about, and what it gives. */
async function shown(
  { quiet }: Pick<PackageFlags, 'quiet'>,
  run: (hearing: Pick<PackageOptions, 'onWarning' | 'onProgress'>) => Promise<string>,
): Promise<string> {
  const bar = createProgressBar(quiet ? undefined : process.stderr);
  const onWarning = (message: string): void => {
    bar.stop();
    if (!quiet) process.stderr.write(`WARNING - ${message}\n`);
  };
  try {
    const lines = await run({ onWarning, onProgress: bar.update });
    return quiet ? '' : lines;
  } finally {
    bar.stop();
  }
}
