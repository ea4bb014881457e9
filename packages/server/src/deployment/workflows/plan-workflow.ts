/** What a TorchServe workflow becomes: a model for each node that is one, and one that asks them. */
import {
  WORKFLOW_SETTINGS,
  type WorkflowModel,
  type WorkflowNode,
  type WorkflowSpec,
} from '@marserve/archiver/workflow';
import type { PlannedModel } from '../plan.ts';

/** What the spec does not say. */
export interface WorkflowOrigin {
  /** Name of the workflow. */
  readonly name: string;
  /** What it is registered from: its archive, where it has functions; else it is configuration alone. */
  readonly url?: string | undefined;
  /** File with its functions, relative to the archive. */
  readonly handler?: string | undefined;
  /** Keys of the YAML files of its models, beside those that the spec says. */
  readonly keys?: Readonly<Record<string, number>>;
}

/** The models first, and the workflow last. */
export function planWorkflow(spec: WorkflowSpec, origin: WorkflowOrigin): PlannedModel[] {
  const { name, url } = origin;
  const stands = `workflow "${name}"`;
  const models = spec.nodes.flatMap((node) =>
    node.kind === 'function'
      ? []
      : [
          {
            name: modelOf(name, node),
            source: { url: node.url },
            config: { ...keysOf(node), ...origin.keys },
            stands: `node "${node.name}" of ${stands}`,
          },
        ],
  );
  const source = url === undefined ? { handler: 'workflow' } : { url };
  return [...models, { name, source, config: configOf(spec, origin), stands }];
}

/** As TorchServe calls it. */
function modelOf(workflow: string, { name }: WorkflowNode): string {
  return `${workflow}__${name}`;
}

/** How many rows a batch has is left to the archive where the spec does not say it. */
function keysOf({ settings }: WorkflowModel): Record<string, number> {
  const { minWorkers = 1, maxWorkers = 1, batchSize, maxBatchDelay } = settings;
  const least = Math.max(1, minWorkers);
  return {
    minWorkers: least,
    maxWorkers: Math.max(least, maxWorkers),
    ...(batchSize !== undefined && { batchSize }),
    ...(maxBatchDelay !== undefined && { maxBatchDelay }),
  };
}

/** As the handler `workflow` reads it, and what is told of it. */
function configOf(spec: WorkflowSpec, { name, handler }: WorkflowOrigin): Record<string, unknown> {
  const nodes = spec.nodes.map((node) => ({
    name: node.name,
    ...(node.kind === 'model' && { model: modelOf(name, node) }),
    parents: node.parents,
    timeout_ms: settingOf(node, 'timeoutMs'),
    retries: settingOf(node, 'retryAttempts'),
  }));
  const { minWorkers, maxWorkers, batchSize, maxBatchDelay } = WORKFLOW_SETTINGS;
  const shown = {
    minWorkers: spec.defaults.minWorkers ?? minWorkers.default,
    maxWorkers: spec.defaults.maxWorkers ?? maxWorkers.default,
    batchSize: spec.defaults.batchSize ?? batchSize.default,
    maxBatchDelay: spec.defaults.maxBatchDelay ?? maxBatchDelay.default,
    workflowDag: dagText(spec.edges),
  };
  const seconds = Math.ceil(longestMs(spec) / 1000) + ANSWERING_S;
  return {
    workflow: { ...(handler !== undefined && { handler }), nodes, shown },
    ...(seconds > USUAL_S && { responseTimeout: seconds }),
  };
}

function settingOf(node: WorkflowNode, setting: 'timeoutMs' | 'retryAttempts'): number {
  return node.settings[setting] ?? WORKFLOW_SETTINGS[setting].default;
}

/** As Java writes it. */
function dagText(edges: WorkflowSpec['edges']): string {
  const entries = Object.entries(edges).map(([node, after]) => `${node}=[${after.join(', ')}]`);
  return `{${entries.join(', ')}}`;
}

/** The default of `default_response_timeout`; what takes no longer needs no time-out of its own. */
const USUAL_S = 120;
/** For what is done between the nodes, and for the answer. */
const ANSWERING_S = 2;

/** All attempts of the nodes on the longest way, with their time-outs. */
function longestMs({ nodes }: WorkflowSpec): number {
  const until = new Map<string, number>();
  for (const node of nodes) {
    const own = settingOf(node, 'timeoutMs') * (settingOf(node, 'retryAttempts') + 1);
    until.set(node.name, own + Math.max(0, ...node.parents.map((parent) => until.get(parent) ?? 0)));
  }
  return Math.max(...until.values());
}
