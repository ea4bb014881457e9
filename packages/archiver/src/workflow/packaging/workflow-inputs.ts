/** Looks at the options of the packaging of a workflow before anything is written. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../../format/archive-error.ts';
import { PYTHON_HANDLERS, resolveHandler, type HandlerSource } from '../../handler/handler-source.ts';
import { findExtraFiles } from '../../inputs/extra-files.ts';
import { isFile } from '../../inputs/is-file.ts';
import { missingFile } from '../../inputs/missing-file.ts';
import { assertArchiveName } from '../../inputs/names.ts';
import { ArchivePlan } from '../../output/archive-plan.ts';
import { PackagingError } from '../../packaging-error.ts';
import { handlerProblem } from '../handler-problem.ts';
import { MOST_SPEC_BYTES } from '../read-workflow.ts';
import { readWorkflowSpec } from '../read-workflow-spec.ts';
import type { WorkflowSpec } from '../workflow-spec.ts';
import { absentModels } from './absent-models.ts';
import type { WorkflowOptions } from './workflow-options.ts';

/** What the options came to. */
export interface WorkflowInputs {
  /** Whose functions the spec names; undefined where none was given. */
  readonly handler: WorkflowHandler | undefined;
  /** The files that were named; the bundle and the manifest are still to come. */
  readonly plan: ArchivePlan;
  /** Checked. */
  readonly spec: WorkflowSpec;
}

type WorkflowHandler = Exclude<HandlerSource, { readonly kind: 'built-in' }>;

/** @throws PackagingError naming everything that is missing, or what is wrong with the spec */
export async function checkWorkflowInputs(options: WorkflowOptions): Promise<WorkflowInputs> {
  const { workflowName, specFile, requirementsFile, extraFiles = [], onWarning } = options;
  assertArchiveName('workflow', workflowName);
  const missing: string[] = [];
  const handler = findHandler(options, missing);
  const plan = new ArchivePlan();
  const named = [
    [specFile, '--spec-file'],
    [requirementsFile, '--requirements-file'],
  ] as const;
  for (const [file, flag] of named) {
    if (file === undefined) continue;
    if (isFile(file)) plan.add({ path: basename(file), source: file }, flag);
    else missing.push(missingFile(file, flag));
  }
  const extra = await findExtraFiles(extraFiles);
  missing.push(...extra.missing.map((name) => missingFile(name, '--extra-files')));
  for (const name of extra.unmatched) onWarning?.(`Given wildcard pattern did not match any file: ${name}`);
  if (missing.length > 0) throw new PackagingError('missing_file', missing.join('\n'));
  for (const file of extra.files) plan.add(file, '--extra-files');
  if (handler?.kind === 'copied') plan.add({ path: basename(handler.file), source: handler.file }, '--handler');
  return { handler, plan, spec: await checkedSpec(options, handler) };
}

/** A handler that does not exist is kept for the list of everything that is missing. */
function findHandler({ handler: named }: WorkflowOptions, missing: string[]): WorkflowHandler | undefined {
  if (named === undefined) return undefined;
  const expected = 'expected a .ts or .js file with the functions that the spec names';
  try {
    const handler = resolveHandler(named);
    if (handler.kind !== 'built-in' && !handler.manifestName.includes(':')) return handler;
    throw new PackagingError('invalid_option', `The handler (--handler) is ${named}; ${expected}.`);
  } catch (error) {
    if (!(error instanceof PackagingError) || error.code !== 'missing_file') throw error;
    missing.push(error.message);
    return undefined;
  }
}

async function checkedSpec(options: WorkflowOptions, handler: WorkflowHandler | undefined): Promise<WorkflowSpec> {
  const { specFile, exportPath, onWarning } = options;
  const text = await readText(specFile);
  const spec = readSpec(text, specFile);
  const problem = handlerProblem(spec, handler?.manifestName);
  if (problem !== undefined && handler?.runtime !== 'python') {
    throw new PackagingError('missing_file', `${specFile}: ${problem}`);
  }
  for (const warning of spec.warnings) onWarning?.(warning);
  for (const warning of absentModels({ file: specFile, text }, spec, exportPath)) onWarning?.(warning);
  if (problem !== undefined) onWarning?.(`${PYTHON_HANDLERS} The functions of workflows: docs/workflows.md.`);
  return spec;
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size <= MOST_SPEC_BYTES) return readFile(file, 'utf8');
  const problem = `${file} (--spec-file) has ${size} bytes, and a spec may have ${MOST_SPEC_BYTES}.`;
  throw new PackagingError('invalid_option', problem);
}

function readSpec(text: string, file: string): WorkflowSpec {
  try {
    return readWorkflowSpec(text, file);
  } catch (error) {
    throw new PackagingError('invalid_option', messageOf(error), { cause: error });
  }
}
