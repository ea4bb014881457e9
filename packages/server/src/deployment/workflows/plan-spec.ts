/** The spec of a TorchServe workflow as a file of services. */
import { functionsOf, readWorkflowSpec } from '@marserve/archiver/workflow';
import type { DeploymentPlan, PlanOptions } from '../plan.ts';
import { SpecError, type Spec } from '../spec.ts';
import { planWorkflow } from './plan-workflow.ts';
import { specNote } from './spec-note.ts';

/** Whether a document is one: it has no kind, and nodes. */
export function isWorkflowSpec(document: Spec): boolean {
  const keys = document.keys();
  return keys.includes('dag') && !keys.includes('kind');
}

/**
 * @param file for messages; the workflow has its name, where the options have none
 * @throws WorkflowSpecError with lines; SpecError for functions, whose handler a spec does not name
 */
export function planSpec(text: string, file: string, { workflowName }: PlanOptions): DeploymentPlan {
  const spec = readWorkflowSpec(text, file);
  const functions = functionsOf(spec);
  if (functions.length > 0) {
    const problem = `dag names ${functions.join(', ')}, not under models, and a spec does not say whose functions they are`;
    const advice = 'package it with its handler (model-archiver workflow), and register that by POST /workflows';
    throw new SpecError(`${file}: ${problem}: ${advice}`);
  }
  const name = workflowName ?? /^(.+)\.[^.]+$/.exec(file)?.[1];
  if (name === undefined) throw new SpecError(`${file}: a spec of a workflow has no name: say workflow_name`);
  return { models: planWorkflow(spec, { name }), notes: spec.warnings.map((warning) => specNote(warning, file)) };
}
