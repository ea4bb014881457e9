/** A node of a graph, opened: the tensors that it takes and gives, and whom it asks. */
import type { LocalModelFacts, ServerModels } from '../context/ask-model.ts';
import type { ModelContext } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';
import { forwardedHeaders, type NamedTensors } from '@marserve/client';
import { localModelOf } from '../transformer/local-predictor.ts';
import { hasTensors, type PredictorOutputs } from '../transformer/payload.ts';
import { openPredictor, type PredictorCall } from '../transformer/predictor.ts';
import { readTransformerOptions } from '../transformer/transformer-options.ts';
import { asRequest, type GraphValue } from './graph-value.ts';
import type { NodeStep } from './step.ts';

/** A node that can be asked. */
export interface GraphNode {
  /** @throws PredictionError with the status that a client of the node would have got; ClientError of a server elsewhere */
  ask(value: GraphValue, call: PredictorCall): Promise<GraphValue>;
  /** Why it cannot serve; undefined when it can. */
  problem(call: PredictorCall): Promise<string | undefined>;
}

/** @param models of the server @throws Error for an address or a protocol that is none */
export async function openNode(step: NodeStep, context: ModelContext, models: ServerModels): Promise<GraphNode> {
  const model = localModelOf(step.host);
  if (model === undefined) return openRemote(step, context);
  let facts: LocalModelFacts = {};
  return {
    async ask(value, call) {
      const payload = fitted(value, step, facts);
      const headers = forwardedHeaders(call.forward ?? {});
      const question = { model, operation: 'predict', payload, headers, timeoutMs: call.timeoutMs } as const;
      const answer = await (call.models ?? models).ask(question, call.row);
      return renamed(asRequest(answer as PredictorOutputs), step);
    },
    async problem() {
      facts = await models.describe(model);
      return facts.problem;
    },
  };
}

async function openRemote(step: NodeStep, context: ModelContext): Promise<GraphNode> {
  const modelConfig = step.predictor;
  const predictor = await openPredictor(readTransformerOptions({ ...context, modelConfig }), context);
  return {
    ask: async (value, call) => renamed(asRequest(await predictor.ask('predict', fitted(value, step, {}), call)), step),
    problem: (call) => predictor.problem(call),
  };
}

/** The tensors that the model takes: those that the graph names for it, else those of its own names, else the only one. */
function fitted(value: GraphValue, { name, inputs: named }: NodeStep, { inputs: specs }: LocalModelFacts): GraphValue {
  if (!hasTensors(value)) return value;
  const { inputs, ...others } = value;
  const pairs = Object.entries(named);
  if (pairs.length > 0) {
    return {
      ...others,
      inputs: Object.fromEntries(pairs.map(([input, tensor]) => [input, tensorOf(inputs, tensor, name)])),
    };
  }
  if (specs === undefined || specs.length === 0) return value;
  if (specs.every((spec) => Object.hasOwn(inputs, spec.name))) {
    return {
      ...others,
      inputs: Object.fromEntries(specs.map((spec) => [spec.name, tensorOf(inputs, spec.name, name)])),
    };
  }
  const [only, ...further] = Object.values(inputs);
  const [spec] = specs;
  return only !== undefined && further.length === 0 && spec !== undefined && specs.length === 1
    ? { ...others, inputs: { [spec.name]: only } }
    : value;
}

function tensorOf(tensors: NamedTensors, tensor: string, node: string): NamedTensors[string] {
  const found = Object.hasOwn(tensors, tensor) ? tensors[tensor] : undefined;
  if (found !== undefined) return found;
  const there = Object.keys(tensors)
    .map((each) => `"${each}"`)
    .join(', ');
  throw new PredictionError(`Node "${node}" wants the tensor "${tensor}"; there are ${there}`, 400);
}

function renamed(value: GraphValue, { name, outputs: named }: NodeStep): GraphValue {
  const pairs = Object.entries(named);
  if (pairs.length === 0 || !hasTensors(value)) return value;
  return {
    ...value,
    inputs: Object.fromEntries(pairs.map(([tensor, output]) => [tensor, tensorOf(value.inputs, output, name)])),
  };
}
