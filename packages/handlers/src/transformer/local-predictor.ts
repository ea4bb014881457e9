/** A predictor that is a model of the transformer's own server: no network in between. */
import type { Host } from '@marserve/client';
import {
  NOT_THE_SAME,
  type LocalModel,
  type LocalModelFacts,
  type ModelQuestion,
  type ServerModels,
} from '../context/ask-model.ts';
import type { PredictorIdentity } from '../context/predictor-report.ts';
import { isPredictionError, PredictionError } from '../prediction-error.ts';
import { rowsOfTensors, tensorsOfInstances } from './convert.ts';
import { DescribedModel } from './described-model.ts';
import { headersOf, isPinned, toldIdentity } from './identity.ts';
import { LocalQuestion } from './local-question.ts';
import { hasTensors, type PredictorInputs, type PredictorOutputs, type TensorsPayload } from './payload.ts';
import type { Predictor, PredictorCall, PredictorOperation } from './predictor.ts';
import type { PredictorOptions } from './transformer-options.ts';

/** What it is spoken in has a meaning for the stages alone: whether they get instances or tensors. */
export class LocalPredictor implements Predictor {
  readonly isLocal = true;
  readonly takesTensors: boolean;
  readonly #models: ServerModels;
  readonly #model: LocalModel;
  readonly #options: PredictorOptions;
  readonly #described: DescribedModel;

  constructor(options: PredictorOptions, model: LocalModel, models: ServerModels) {
    this.takesTensors = options.protocol !== 'v1';
    this.#options = options;
    this.#model = model;
    this.#models = models;
    this.#described = new DescribedModel(model, models);
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: PredictorCall): Promise<PredictorOutputs> {
    if (!this.takesTensors) return this.#ask({ operation, payload: toInstances(inputs) }, call);
    if (hasTensors(inputs)) return this.#ask({ operation, payload: inputs }, call);
    const { instances } = inputs;
    return this.#described.ask({
      make: (facts) => ({ operation, payload: this.#tensorsOf(instances, facts), serial: facts.serial }),
      ask: (question) => this.#ask(question, call),
      signal: () => call.signal,
    });
  }

  async #ask(asked: Pick<ModelQuestion, 'operation' | 'payload' | 'serial'>, call: PredictorCall) {
    const { client } = this.#options;
    await this.#assertWanted(call);
    const timeoutMs = Math.min(call.timeoutMs ?? Infinity, client.timeoutMs ?? Infinity);
    const told = { ...asked, model: this.#model, allowedHeaders: client.forwardHeaders };
    const question = new LocalQuestion(told, { ...call, timeoutMs });
    try {
      return asOutputs((await (call.models ?? this.#models).ask(question, call.row)) as PredictorOutputs);
    } catch (error) {
      // Whoever made the tensors makes others.
      if (isPredictionError(error) && error.status === NOT_THE_SAME && asked.serial !== undefined) throw error;
      throw this.#named(error);
    }
  }

  #tensorsOf(instances: readonly unknown[], { inputs: specs, problem }: LocalModelFacts): TensorsPayload {
    if (specs === undefined) throw this.#named(new PredictionError(problem ?? 'it is not loaded', 503));
    return { inputs: tensorsOfInstances(instances, specs) };
  }

  async problem(): Promise<string | undefined> {
    return (await this.#models.describe(this.#model)).problem;
  }

  async hosts(): Promise<readonly Host[]> {
    return [{ url: this.#options.host }];
  }

  async identify(): Promise<PredictorIdentity> {
    const { problem, version, digest } = await this.#models.describe(this.#model);
    if (version === undefined) throw this.#named(new PredictionError(problem ?? 'it is not loaded', 503));
    return toldIdentity({ name: this.#model.name, version, digest });
  }

  /** The server knows at any time which model it has. */
  async #assertWanted({ refuse }: PredictorCall): Promise<void> {
    if (refuse === undefined || !isPinned(this.#options.expected)) return;
    const { host } = this.#options;
    const reason = refuse({ host, headers: headersOf(await this.identify()) });
    if (reason !== undefined) throw new PredictionError(`Predictor ${host}: ${reason}`, 503);
  }

  #named(error: unknown): unknown {
    if (!isPredictionError(error)) return error;
    const { status, message } = error;
    const told = new PredictionError(`Predictor ${this.#options.host} answered ${status}: ${message}`, status);
    told.cause = error;
    return told;
  }
}

/** Handlers may explain without a prediction. */
function asOutputs(answer: PredictorOutputs): PredictorOutputs {
  return 'explanations' in answer ? { ...answer, predictions: answer.predictions ?? [] } : answer;
}

/** Tensors of rows stay tensors on their way. */
function toInstances(inputs: PredictorInputs): PredictorInputs {
  return hasTensors(inputs) ? { instances: rowsOfTensors(inputs.inputs) } : inputs;
}
