/** A node of a graph, opened: the tensors that it takes and gives, and whom it asks. */
import type { AnswerPart, LocalModel, LocalModelFacts, ServerModels } from '../context/ask-model.ts';
import { isInParts } from '../context/answer-parts.ts';
import type { ModelContext } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';
import type { NamedTensors } from '@marserve/client';
import { DescribedModel } from '../transformer/described-model.ts';
import { localModelOf } from '../transformer/local-model.ts';
import { LocalQuestion } from '../transformer/local-question.ts';
import { hasTensors, type PredictorOutputs, type TensorsPayload } from '../transformer/payload.ts';
import { openPredictor, type PredictorCall } from '../transformer/predictor.ts';
import { readTransformerOptions } from '../transformer/transformer-options.ts';
import { asRequest, type GraphValue } from './graph-value.ts';
import type { PartPasser } from './part-passer.ts';
import type { NodeStep } from './step.ts';
import { waitingSignal, type Waiting } from './waiting-signal.ts';

/** For whom a node is asked. */
export interface GraphCall extends PredictorCall, Waiting {
  /** Takes an answer in parts, where it is that of the graph; undefined where it is needed whole. */
  readonly passer?: PartPasser | undefined;
}

/** A node that can be asked. */
export interface GraphNode {
  /** @throws PredictionError with the status that a client of the node would have got; ClientError of a server elsewhere */
  ask(value: GraphValue, call: GraphCall): Promise<GraphValue>;
  /** Why it cannot serve; undefined when it can. */
  problem(call: PredictorCall): Promise<string | undefined>;
}

/** @param models of the server @throws Error for an address or a protocol that is none */
export async function openNode(step: NodeStep, context: ModelContext, models: ServerModels): Promise<GraphNode> {
  const model = localModelOf(step.host);
  if (model === undefined) return openRemote(step, context);
  return new LocalNode(step, model, models);
}

/** The tensors that its model takes may be others from one question to the next. */
class LocalNode implements GraphNode {
  readonly #step: NodeStep;
  readonly #model: LocalModel;
  readonly #models: ServerModels;
  readonly #described: DescribedModel;

  constructor(step: NodeStep, model: LocalModel, models: ServerModels) {
    this.#step = step;
    this.#model = model;
    this.#models = models;
    this.#described = new DescribedModel(model, models);
  }

  ask(value: GraphValue, call: GraphCall): Promise<GraphValue> {
    if (!this.#isFitted(value)) return this.#ask({ payload: fitted(value, this.#step, {}) }, call);
    return this.#described.ask({
      make: (facts) => ({ payload: fitted(value, this.#step, facts), serial: facts.serial }),
      ask: (question) => this.#ask(question, call),
      signal: () => waitingSignal(call),
    });
  }

  async problem(): Promise<string | undefined> {
    return (await this.#described.describe()).problem;
  }

  /** By the model's names for them. */
  #isFitted(value: GraphValue): boolean {
    return hasTensors(value) && Object.keys(this.#step.inputs).length === 0;
  }

  async #ask({ payload, serial }: { payload: GraphValue; serial?: number | undefined }, call: GraphCall) {
    const { timeoutMs, row, models = this.#models, passer } = call;
    const asked = { model: this.#model, operation: 'predict', payload, serial } as const;
    const toGraph = (value: GraphValue) => renamed(value, this.#step);
    if (passer === undefined) {
      return toGraph(asRequest((await models.ask(new LocalQuestion(asked, call), row)) as PredictorOutputs));
    }
    const patient = { ...call, timeoutMs: passer.wholeMs(timeoutMs) };
    const question = new LocalQuestion({ ...asked, takesParts: true }, patient);
    const answer = await passer.inTime(models.ask(question, row), timeoutMs);
    if (isInParts(answer)) return passer.pass(answer as AsyncIterable<AnswerPart>, toGraph);
    return toGraph(asRequest(answer as PredictorOutputs));
  }
}

async function openRemote(step: NodeStep, context: ModelContext): Promise<GraphNode> {
  const modelConfig = step.predictor;
  const predictor = await openPredictor(readTransformerOptions({ ...context, modelConfig }), context);
  const toGraph = (value: GraphValue) => renamed(value, step);
  return {
    async ask(value, { passer, clientSignal, ...asked }) {
      const call = { ...asked, signal: waitingSignal({ signal: asked.signal, clientSignal }) };
      const inputs = fitted(value, step, {});
      if (passer !== undefined && step.streams) {
        // Without an end of its own it may go on for as long as parts come.
        const timeoutMs = passer.wholeMs(call.timeoutMs) ?? 0;
        const parts = await predictor.askParts?.(inputs, { ...call, timeoutMs });
        if (parts !== undefined) return passer.pass(parts, toGraph);
      }
      return toGraph(asRequest(await predictor.ask('predict', inputs, call)));
    },
    problem: (call) => predictor.problem(call),
  };
}

/** The tensors that the model takes: those that the graph names for it, else those of its own names, else the only one. */
function fitted(
  value: GraphValue,
  { name, inputs: named }: NodeStep,
  { inputs: specs = [] }: LocalModelFacts,
): GraphValue {
  if (!hasTensors(value)) return value;
  if (Object.keys(named).length > 0) return withTensors(value, named, name);
  const tensors = Object.values(value.inputs);
  const [spec] = specs;
  if (spec === undefined) return value;
  if (specs.every((each) => Object.hasOwn(value.inputs, each.name))) {
    if (tensors.length === specs.length) return value;
    return withTensors(value, Object.fromEntries(specs.map((each) => [each.name, each.name])), name);
  }
  const [only] = tensors;
  return only !== undefined && tensors.length === 1 && specs.length === 1
    ? { ...value, inputs: { [spec.name]: only } }
    : value;
}

/** The graph's names for what the model gives. */
function renamed(value: GraphValue, { name, outputs: named }: NodeStep): GraphValue {
  return hasTensors(value) && Object.keys(named).length > 0 ? withTensors(value, named, name) : value;
}

/** @param names new name → name that it has @throws PredictionError 400 for one that is not there */
function withTensors(value: TensorsPayload, names: Readonly<Record<string, string>>, node: string): TensorsPayload {
  const inputs = Object.entries(names).map(([name, from]) => [name, tensorOf(value.inputs, from, node)] as const);
  return { ...value, inputs: Object.fromEntries(inputs) };
}

function tensorOf(tensors: NamedTensors, tensor: string, node: string): NamedTensors[string] {
  const found = Object.hasOwn(tensors, tensor) ? tensors[tensor] : undefined;
  if (found !== undefined) return found;
  const there = Object.keys(tensors).map((each) => `"${each}"`);
  throw new PredictionError(`Node "${node}" wants the tensor "${tensor}"; there are ${there.join(', ')}`, 400);
}
