/** What `packageWorkflow` is told, and what it answers. */
import type { WorkflowManifest } from '../../format/workflow-manifest.ts';
import type { PackageOptions, PackageResult } from '../../package-options.ts';
import type { WorkflowSpec } from '../workflow-spec.ts';

/** Options that mean the same for models. */
type OfModels =
  | 'extraFiles'
  | 'exportPath'
  | 'force'
  | 'requirementsFile'
  | 'validate'
  | 'importTimeout'
  | 'onWarning'
  | 'onProgress'
  | 'signal';

/** Options of one packaging of a workflow. */
export interface WorkflowOptions extends Pick<PackageOptions, OfModels> {
  /** Letters, digits, `_`, `-`, `.`; begins with a letter or digit. Names the output. */
  readonly workflowName: string;
  /** YAML: its models, and how they are joined. */
  readonly specFile: string;
  /** A file with the functions that the spec names; not needed where it names none. */
  readonly handler?: string | undefined;
}

/** What was written. */
export interface WorkflowResult extends PackageResult<WorkflowManifest> {
  /** Its nodes. */
  readonly spec: WorkflowSpec;
}
