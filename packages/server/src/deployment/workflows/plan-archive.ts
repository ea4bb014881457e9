/** The archive of a TorchServe workflow (`.war`) as a file of services. */
import { handlerProblem, type Workflow } from '@marserve/archiver/workflow';
import type { DeploymentPlan } from '../plan.ts';
import { SpecError } from '../spec.ts';
import { planWorkflow } from './plan-workflow.ts';
import { specNote } from './spec-note.ts';

/**
 * @param url what the archive is registered from
 * @throws SpecError for functions whose handler is not there, or is none that can be imported
 */
export function planArchive({ manifest, spec }: Workflow, url: string): DeploymentPlan {
  const { workflowName: name, handler, specFile } = manifest.workflow;
  const problem = handlerProblem(spec, handler);
  if (problem !== undefined) throw new SpecError(`${url}: ${problem}`);
  return {
    models: planWorkflow(spec, { name, url, handler }),
    notes: spec.warnings.map((warning) => specNote(warning, specFile)),
  };
}
