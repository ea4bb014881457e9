/** Packages a workflow: its spec, its handler, and what stands beside them. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { validateFunctions } from '../../check/validate-package.ts';
import { type WorkflowManifest, WORKFLOW_MANIFEST_PATH } from '../../format/workflow-manifest.ts';
import { bundleHandler } from '../../handler/bundle-handler.ts';
import { readRequirements } from '../../handler/requirements.ts';
import { checkOutput } from '../../output/archive-output.ts';
import { refuseTooLarge } from '../../output/archive-size.ts';
import { createdOn } from '../../output/created-on.ts';
import { ARCHIVER_VERSION } from '../../output/make-manifest.ts';
import { packFiles } from '../../output/pack-files.ts';
import { inStaging } from '../../output/staging.ts';
import { functionsOf } from '../workflow-spec.ts';
import { checkWorkflowInputs, type WorkflowInputs } from './workflow-inputs.ts';
import type { WorkflowOptions, WorkflowResult } from './workflow-options.ts';

const TOO_LARGE = 'Leave out what is large: models are files of their own.';

/**
 * Checks, bundles and writes `NAME.war`. A run that fails or is aborted leaves nothing behind.
 * @throws PackagingError, of a spec that is none with file, line and column; the signal's reason when it is aborted
 */
export async function packageWorkflow(options: WorkflowOptions): Promise<WorkflowResult> {
  const { workflowName: name, exportPath, force, signal } = options;
  const output = await checkOutput({ fileName: `${name}.war`, kind: 'workflow', exportPath, force });
  const inputs = await checkWorkflowInputs(options);
  const { plan, spec } = inputs;
  refuseTooLarge('default', await plan.measure(), TOO_LARGE);
  return inStaging(signal, async (staging) => {
    await addFunctions(options, inputs, staging);
    const files = await plan.measure();
    const packing = { output, format: 'default', name, files, manifestPath: WORKFLOW_MANIFEST_PATH } as const;
    const makeManifest = (digests: WorkflowManifest['files']) => manifestOf(options, inputs, digests);
    return { ...(await packFiles({ ...packing, makeManifest }, options)), spec };
  });
}

async function addFunctions(options: WorkflowOptions, inputs: WorkflowInputs, staging: string): Promise<void> {
  const { handler, plan, spec } = inputs;
  if (handler?.kind !== 'script') return;
  const directory = join(staging, 'workflow');
  await mkdir(directory);
  const { requirementsFile, onWarning, signal } = options;
  const external = requirementsFile === undefined ? [] : await readRequirements(requirementsFile);
  const { file } = handler;
  const names = await bundleHandler({ file, directory, external, onWarning });
  signal?.throwIfAborted();
  for (const name of names) plan.add({ path: name, source: join(directory, name) }, `the bundle of ${file}`);
  if (options.validate === false) return;
  await validateFunctions(options, { file, modelDir: directory, plan, external }, functionsOf(spec));
}

function manifestOf(
  { workflowName, specFile, requirementsFile }: WorkflowOptions,
  { handler }: WorkflowInputs,
  files: WorkflowManifest['files'],
): WorkflowManifest {
  return {
    createdOn: createdOn(),
    workflow: {
      workflowName,
      specFile: basename(specFile),
      handler: handler?.manifestName,
      ...(requirementsFile !== undefined && { requirementsFile: basename(requirementsFile) }),
    },
    archiverVersion: ARCHIVER_VERSION,
    files,
  };
}
