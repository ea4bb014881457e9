/** TorchServe's workflows: their archives (`.war`) and their specs, as archiver and server read them. */
export { WORKFLOW_MANIFEST_PATH, type WorkflowManifest } from '../format/workflow-manifest.ts';
export { handlerProblem } from './handler-problem.ts';
export { extractWorkflow, MOST_SPEC_BYTES, readWorkflow, type Workflow } from './read-workflow.ts';
export { workflowParsers, type WorkflowParsers } from './workflow-parsers.ts';
export { readWorkflowSpec } from './read-workflow-spec.ts';
export { WorkflowSpecError } from './spec-error.ts';
export { WORKFLOW_SETTINGS, type WorkflowSetting, type WorkflowSettings } from './workflow-settings.ts';
export {
  functionsOf,
  type WorkflowFunction,
  type WorkflowModel,
  type WorkflowNode,
  type WorkflowSpec,
} from './workflow-spec.ts';
