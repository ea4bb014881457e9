/** The built-in handler `workflow`: models and functions as one service, in the manner of TorchServe's workflows. */
import { toError } from '../base/stages.ts';
import { NO_SERVER_MODELS, serverModelsOf } from '../context/ask-model.ts';
import { tellRowMerging } from '../context/row-merging.ts';
import { GraphTrace } from '../graph/graph-trace.ts';
import { watchNodes } from '../graph/watch-nodes.ts';
import type { Handler, HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { clientWaitsMs, waitMs } from '../transformer/answer-requests.ts';
import { headersOfRow } from '../transformer/headers-of-row.ts';
import { openNodes, type OpenNode } from './open-node.ts';
import { runWorkflow } from './run-workflow.ts';
import { readWorkflowPlan, type WorkflowPlan } from './workflow-plan.ts';

/** The section `workflow` of the model's YAML file says which nodes there are, and who gets what of whom. */
export class Workflow implements Handler {
  #plan: WorkflowPlan | undefined;
  #nodes: ReadonlyMap<string, OpenNode> = new Map();

  /** Resolves when it is known whether the models can serve. @throws Error for a workflow that is none, with the place */
  async initialize(context: ModelContext): Promise<void> {
    this.#plan = readWorkflowPlan(context.modelConfig['workflow']);
    this.#nodes = await openNodes(this.#plan, context);
    // Each request of a batch goes its own way: what waits for one of them lets the others go on.
    tellRowMerging(context, { merged: 'proven' });
    const models = serverModelsOf(context);
    // Where it is packaged there is nobody to tell.
    if (models === undefined) return;
    const nodes = [...this.#nodes].map(([name, node]) => ({ name, problem: () => node.problem(models) }));
    await watchNodes(context, 'node', nodes);
  }

  /** All rows of the batch at once, each on its own. */
  handle(data: Row[], context: HandlerContext): Promise<RowResult[]> {
    const endsAt = performance.now() + waitMs(context);
    return Promise.all(data.map((row, index) => this.#answer(row, context.forRows([index]), endsAt).catch(toError)));
  }

  async #answer(row: Row, context: HandlerContext, waitsUntil: number): Promise<RowResult> {
    if (this.#plan === undefined) throw new Error('initialize has not been called');
    const headers = headersOfRow(context, 0);
    const models = serverModelsOf(context) ?? NO_SERVER_MODELS;
    const trace = new GraphTrace({ names: new Map(), metrics: context.metrics });
    try {
      return await runWorkflow(this.#plan, row, {
        nodes: this.#nodes,
        call: { headers, context, models, signal: context.getSignal() },
        endsAt: Math.min(waitsUntil, performance.now() + clientWaitsMs({ headers })),
        trace,
      });
    } finally {
      trace.endFor(headers, (name, value) => context.setResponseHeader(0, name, value));
    }
  }
}
