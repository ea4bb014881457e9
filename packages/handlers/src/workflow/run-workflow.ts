/** Runs the nodes of a workflow for one request: each as soon as all of its parents have answered (torchserve.md 8.2). */
import { toError } from '../base/stages.ts';
import { endingTogether } from '../graph/ending-together.ts';
import type { GraphTrace } from '../graph/graph-trace.ts';
import type { Row } from '../handler.ts';
import { isPredictionError, PredictionError } from '../prediction-error.ts';
import { NodeOutput } from './node-output.ts';
import type { NodeQuestion, OpenNode } from './open-node.ts';
import { leavesOf, type WorkflowNode, type WorkflowPlan } from './workflow-plan.ts';

/** One request. */
export interface WorkflowRun {
  /** All nodes, by their names. */
  readonly nodes: ReadonlyMap<string, OpenNode>;
  /** For whom nodes are asked. */
  readonly call: Omit<NodeQuestion, 'row' | 'timeoutMs'>;
  /** When nobody waits any more, by `performance.now`. */
  readonly endsAt: number;
  /** Hears what becomes of it. */
  readonly trace: GraphTrace;
}

/**
 * @param row what the first node gets
 * @returns what the only leaf gave; of several an object, by their names
 * @throws PredictionError of the first node that failed, with its name and status
 */
export async function runWorkflow(plan: WorkflowPlan, row: Row, run: WorkflowRun): Promise<unknown> {
  const outputs = await endingTogether(run, (within) => startAll(plan, row, within));
  const byName = new Map(plan.nodes.map(({ name }, index) => [name, outputs[index]]));
  const leaves = leavesOf(plan);
  for (const leaf of leaves) run.trace.went(leaf, undefined);
  const [only, ...others] = leaves;
  if (only !== undefined && others.length === 0) return byName.get(only.name)?.value;
  return Object.fromEntries(leaves.map((leaf) => [leaf.name, jsonOf(leaf, byName.get(leaf.name))]));
}

function startAll({ nodes }: WorkflowPlan, row: Row, run: WorkflowRun): Promise<NodeOutput>[] {
  const started = new Map<string, Promise<NodeOutput>>();
  return nodes.map((node) => {
    const parents = node.parents.map((name) => started.get(name) as Promise<NodeOutput>);
    const output = runNode(node, { row, parents, nodes }, run);
    started.set(node.name, output);
    return output;
  });
}

interface NodeInput {
  /** Of the request. */
  readonly row: Row;
  /** In the order of the node's parents. */
  readonly parents: readonly Promise<NodeOutput>[];
  readonly nodes: readonly WorkflowNode[];
}

async function runNode(node: WorkflowNode, input: NodeInput, run: WorkflowRun): Promise<NodeOutput> {
  const outputs = await Promise.all(input.parents);
  const isStart = node.parents.length === 0;
  if (isStart) run.trace.went(undefined, node);
  for (const parent of node.parents)
    run.trace.went(
      input.nodes.find(({ name }) => name === parent),
      node,
    );
  const row = isStart ? input.row : rowOf(node, outputs);
  return new NodeOutput(await attempted(node, row, isStart ? run : withoutBody(run)));
}

/** Of one parent it is the body; several are told apart by their names. */
function rowOf({ parents }: WorkflowNode, outputs: readonly NodeOutput[]): Row {
  const [only] = outputs;
  if (only !== undefined && outputs.length === 1) return { body: only.bytes };
  return Object.fromEntries(outputs.map(({ bytes }, index) => [parents[index] ?? '', bytes]));
}

/** What the client says of its body is not true of what nodes give. */
function withoutBody(run: WorkflowRun): WorkflowRun {
  const { 'content-type': _type, ...headers } = run.call.headers;
  return { ...run, call: { ...run.call, headers } };
}

/** TorchServe, too, asks again whatever the failure was. */
async function attempted(node: WorkflowNode, row: Row, run: WorkflowRun): Promise<unknown> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await askOnce(node, row, run);
    } catch (error) {
      const isOver = run.call.signal?.aborted === true || performance.now() >= run.endsAt;
      if (attempt >= node.retries || isOver) throw failed(node, error);
      run.trace.happened('retries', node);
    }
  }
}

async function askOnce(node: WorkflowNode, row: Row, { nodes, call, endsAt, trace }: WorkflowRun): Promise<unknown> {
  const startedAt = performance.now();
  const timeoutMs = Math.min(node.timeoutMs, endsAt - startedAt);
  let hasFailed = true;
  try {
    if (timeoutMs <= 0) throw new PredictionError('its time is over', 504);
    const answer = await nodes.get(node.name)?.ask({ ...call, row, timeoutMs });
    if (answer === undefined) throw new PredictionError('it is not open', 503);
    hasFailed = false;
    return answer;
  } finally {
    trace.asked({ step: node, ms: performance.now() - startedAt, failed: hasFailed });
  }
}

function jsonOf(leaf: WorkflowNode, output: NodeOutput | undefined): unknown {
  try {
    return output?.json;
  } catch (error) {
    throw failed(leaf, error);
  }
}

/** TorchServe's sentence, and the reason behind it. */
function failed({ name }: WorkflowNode, error: unknown): PredictionError {
  const told = new PredictionError(
    `Error executing ${name}: ${toError(error).message}`,
    isPredictionError(error) ? error.status : 500,
  );
  told.cause = error;
  return told;
}
