/** A node of a workflow, opened: a model of the server, or a function of the workflow's handler. */
import { toError } from '../base/stages.ts';
import type { ServerModels } from '../context/ask-model.ts';
import type { HandleFunction, HandlerContext, ModelContext, Row } from '../handler.ts';
import { namedFunctions } from '../load/named-functions.ts';
import { PredictionError } from '../prediction-error.ts';
import { valueText } from '../tensor/tensor-json.ts';
import { runInTime } from '../transformer/run-in-time.ts';
import type { WorkflowNode, WorkflowPlan } from './workflow-plan.ts';

/** A question to a node. */
export interface NodeQuestion {
  /** What it gets. */
  readonly row: Row;
  /** Of the request; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the batch, with the row of the request alone. */
  readonly context: HandlerContext;
  /** The models of the server. */
  readonly models: ServerModels;
  /** Longest time until the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborts when nobody waits. */
  readonly signal?: AbortSignal | undefined;
}

/** A node that can be asked. */
export interface OpenNode {
  /** @throws PredictionError with the status that a client of the node would have got */
  ask(question: NodeQuestion): Promise<unknown>;
  /** Why it cannot serve; undefined when it can. */
  problem(models: ServerModels): Promise<string | undefined>;
}

/** By their names. @throws HandlerError for a handler that cannot be imported, or lacks a function */
export async function openNodes(
  { handler, nodes }: WorkflowPlan,
  { modelDir, logger }: Pick<ModelContext, 'modelDir' | 'logger'>,
): Promise<ReadonlyMap<string, OpenNode>> {
  const own = nodes.filter(({ model }) => model === undefined).map(({ name }) => name);
  const functions =
    handler === undefined ? new Map<string, HandleFunction>() : await namedFunctions(modelDir, { handler, names: own });
  return new Map(
    nodes.map((node) => {
      const { name, model } = node;
      const run = functions.get(name);
      return [
        name,
        model === undefined && run !== undefined ? functionNode(node, run, logger) : modelNode(model ?? ''),
      ];
    }),
  );
}

function modelNode(name: string): OpenNode {
  return {
    async ask({ row, headers, models, timeoutMs, signal }) {
      const question = {
        model: { name },
        operation: 'predict',
        payload: { rows: [row] },
        headers,
        timeoutMs,
        signal,
      } as const;
      const { predictions } = (await models.ask(question, 0)) as { readonly predictions: readonly unknown[] };
      return predictions[0];
    },
    problem: async (models) => (await models.describe({ name })).problem,
  };
}

function functionNode({ name }: WorkflowNode, run: HandleFunction, logger: ModelContext['logger']): OpenNode {
  return {
    async ask({ row, context, timeoutMs, signal }) {
      try {
        return onlyResult(await runInTime({ timeoutMs, signal }, async () => run([row], context)));
      } catch (error) {
        logger.error(`${name}: ${toError(error).stack}`);
        throw error;
      }
    },
    problem: () => Promise.resolve(undefined),
  };
}

function onlyResult(results: unknown): unknown {
  const [result, ...others] = Array.isArray(results) ? (results as unknown[]) : [];
  if (result instanceof Error) throw result;
  if (result !== undefined && others.length === 0) return result;
  throw new PredictionError(`expected a list of one result, for the only row, but it gave ${valueText(results)}`);
}
