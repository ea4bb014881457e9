/** A predictor that is a model of the transformer's own server: no network in between. */
import { forwardedHeaders, type Host } from '@marserve/client';
import type { LocalModel, ServerModels } from '../context/ask-model.ts';
import type { PredictorIdentity } from '../context/predictor-report.ts';
import { isPredictionError, PredictionError } from '../prediction-error.ts';
import { rowsOfTensors, tensorsOfInstances } from './convert.ts';
import { headersOf, isPinned, toldIdentity } from './identity.ts';
import { hasTensors, type PredictorInputs, type PredictorOutputs, type TensorsPayload } from './payload.ts';
import type { Predictor, PredictorCall, PredictorOperation } from './predictor.ts';
import type { PredictorOptions } from './transformer-options.ts';

/** What it is spoken in has a meaning for the stages alone: whether they get instances or tensors. */
export class LocalPredictor implements Predictor {
  readonly takesTensors: boolean;
  readonly #models: ServerModels;
  readonly #model: LocalModel;
  readonly #options: PredictorOptions;

  constructor(options: PredictorOptions, model: LocalModel, models: ServerModels) {
    this.takesTensors = options.protocol !== 'v1';
    this.#options = options;
    this.#model = model;
    this.#models = models;
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: PredictorCall): Promise<PredictorOutputs> {
    const { client } = this.#options;
    await this.#assertWanted(call);
    const payload = this.takesTensors ? await this.#toTensors(inputs) : toInstances(inputs);
    const headers = forwardedHeaders(call.forward ?? {}, client.forwardHeaders);
    const timeoutMs = Math.min(call.timeoutMs ?? Infinity, client.timeoutMs ?? Infinity);
    try {
      const { signal } = call;
      const question = { model: this.#model, operation, payload, headers, timeoutMs, signal };
      return asOutputs((await (call.models ?? this.#models).ask(question, call.row)) as PredictorOutputs);
    } catch (error) {
      throw this.#named(error);
    }
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

  /** Asked each time: the default version may be another one by now, and the server knows. */
  async #toTensors(inputs: PredictorInputs): Promise<TensorsPayload> {
    if (hasTensors(inputs)) return inputs;
    const { inputs: specs, problem } = await this.#models.describe(this.#model);
    if (specs === undefined) throw this.#named(new PredictionError(problem ?? 'it is not loaded', 503));
    return { inputs: tensorsOfInstances(inputs.instances, specs) };
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
