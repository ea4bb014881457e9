/** What packages: flags to options, what it hears to the terminal. */
import type { InferredOptionTypes } from 'yargs';
import { packageGraph } from '../graph/package-graph.ts';
import { packageModel } from '../package-model.ts';
import type { PackageOptions } from '../package-options.ts';
import { packageWorkflow } from '../workflow/packaging/package-workflow.ts';
import type { GRAPH_FLAGS, PACKAGE_FLAGS, WORKFLOW_FLAGS } from './cli-flags.ts';
import { renderResult, renderWritten } from './cli-output.ts';
import { createProgressBar } from './cli-progress.ts';
import { renderGraph } from './graph-output.ts';
import { splitNames } from './split-names.ts';
import { renderWorkflow } from './workflow-output.ts';

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

/** Packages a workflow. @returns what is printed of it */
export function runWorkflow(flags: InferredOptionTypes<typeof WORKFLOW_FLAGS>, signal: AbortSignal): Promise<string> {
  return shown(flags, async (hearing) => {
    const { force, handler } = flags;
    const named = { workflowName: flags['workflow-name'], specFile: flags['spec-file'], handler, force };
    const result = await packageWorkflow({ ...named, ...placeOptions(flags), ...hearing, signal });
    const { workflowName, specFile, handler: bundle } = result.manifest.workflow;
    const functions = bundle === undefined ? '' : `, handler ${bundle}`;
    const head = renderWritten(result, ['workflow', `${workflowName}, spec ${specFile}${functions}`]);
    return `${head}\n\n${renderWorkflow(result.spec)}`;
  });
}

type PlaceFlag = 'extra-files' | 'export-path' | 'requirements-file' | 'no-validate';

function placeOptions(flags: Pick<PackageFlags, PlaceFlag>) {
  return {
    extraFiles: flags['extra-files']?.flatMap(splitNames),
    exportPath: flags['export-path'],
    requirementsFile: flags['requirements-file'],
    validate: !flags['no-validate'],
  };
}

function commonOptions(flags: Pick<PackageFlags, PlaceFlag | 'archive-format' | 'config-file'>) {
  return { ...placeOptions(flags), archiveFormat: flags['archive-format'], configFile: flags['config-file'] };
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
