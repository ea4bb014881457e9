/** Makes `.mar` archives, and the `.war` archives of workflows, and looks into them; the format itself is `@marserve/archiver/format`. */
export { type GoldenSummary, type Inspection, inspect } from './inspect.ts';
export { packageGraph, type GraphOptions, type GraphResult } from './graph/package-graph.ts';
export { packageWorkflow } from './workflow/packaging/package-workflow.ts';
export type { WorkflowOptions, WorkflowResult } from './workflow/packaging/workflow-options.ts';
export { packageModel } from './package-model.ts';
export { type PackageOptions, type PackageResult, type Progress, RUNTIMES, type Runtime } from './package-options.ts';
export { PackagingError, type PackagingErrorCode } from './packaging-error.ts';
export { RUNTIME_PACKAGES, linkRuntimePackages } from './runtime-packages.ts';
export { type FileDifference, type Verification, verifyFiles as verify } from './format/verify-files.ts';
