/** What a workflow is made of, as text. */
import type { WorkflowManifest } from '../format/workflow-manifest.ts';
import type { WorkflowSettings } from '../workflow/workflow-settings.ts';
import type { WorkflowNode, WorkflowSpec } from '../workflow/workflow-spec.ts';
import { renderTable, type Fact } from './table.ts';

/** A row for each node, in an order in which they can run. */
export function renderWorkflow({ nodes }: WorkflowSpec): string {
  return renderTable(
    ['node', 'runs', 'after', 'notes'],
    nodes.map((node) => [node.name, whatRuns(node), node.parents.join(', '), notesOf(node)]),
  );
}

/** What its manifest says. */
export function workflowFacts({ workflow, createdOn, archiverVersion }: WorkflowManifest): readonly Fact[] {
  return [
    ['workflow', workflow.workflowName],
    ['spec file', workflow.specFile],
    ['handler', workflow.handler],
    ['created on', createdOn],
    ['archiver', archiverVersion],
  ];
}

function whatRuns(node: WorkflowNode): string {
  return node.kind === 'model' ? `model ${node.url}` : 'function';
}

function notesOf({ settings }: WorkflowNode): string {
  const { minWorkers, maxWorkers, batchSize, maxBatchDelay, retryAttempts, timeoutMs }: Partial<WorkflowSettings> =
    settings;
  const workers =
    minWorkers !== undefined && maxWorkers !== undefined
      ? [said(minWorkers, (least) => (least === maxWorkers ? `${least} workers` : `${least} to ${maxWorkers} workers`))]
      : [
          said(minWorkers, (count) => `at least ${count} workers`),
          said(maxWorkers, (count) => `at most ${count} workers`),
        ];
  const notes = [
    ...workers,
    said(batchSize, (rows) => `batches of ${rows}`),
    said(maxBatchDelay, (ms) => `batches wait ${ms} ms`),
    said(retryAttempts, (count) => `${count} retries`),
    said(timeoutMs, (ms) => `at most ${ms} ms`),
  ];
  return notes.filter((each) => each !== undefined).join(', ');
}

function said(value: number | undefined, inWords: (value: number) => string): string | undefined {
  return value === undefined ? undefined : inWords(value);
}
