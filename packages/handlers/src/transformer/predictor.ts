/** The predictor behind a transformer, whatever is spoken to it. */
import type {
  CallOptions,
  Host,
  InferResponse,
  ModelMetadata,
  ResponseHead,
  V1Client,
  V2Client,
  V2RestClient,
} from '@marserve/client';
import type { V2GrpcClient } from '@marserve/client/grpc';
import { NO_SERVER_MODELS, serverModelsOf, type AnswerPart, type ServerModels } from '../context/ask-model.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import type { TensorType } from '../tensor/tensor.ts';
import { PredictionError } from '../prediction-error.ts';
import type { PredictorIdentity } from '../context/predictor-report.ts';
import { identityAmong, identityIn } from './identity.ts';
import { rowsOfTensors, tensorsOfInstances } from './convert.ts';
import { localModelOf } from './local-model.ts';
import { LocalPredictor } from './local-predictor.ts';
import { hasTensors, type PredictorInputs, type PredictorOutputs, type TensorsPayload } from './payload.ts';
import { endingWithReader, generateRequest, partOfEvent } from './predictor-parts.ts';
import { openRuntimePredictor } from './runtime-predictors.ts';
import { openSeldonPredictor } from './seldon-predictor.ts';
import { openTorchServePredictor } from './torchserve-predictor.ts';
import {
  isRuntimeProtocol,
  isSeldonProtocol,
  isTorchServeProtocol,
  type PredictorOptions,
} from './transformer-options.ts';

/** What is asked of it. */
export type PredictorOperation = 'predict' | 'explain';

/** For whom it is asked. */
export interface PredictorCall extends CallOptions {
  /** What the context of the batch knows of the server's models: their question then shares client and time of `row`. */
  readonly models?: ServerModels | undefined;
  /** Place in the batch of a row of the request; undefined for what no request asks. */
  readonly row?: number | undefined;
  /** See `ModelQuestion`. */
  readonly isBackground?: boolean | undefined;
}

/** A predictor. */
export interface Predictor {
  /** Whether it is of the same server, which tells it when nobody waits for the answer for a row any more; default false. */
  readonly isLocal?: boolean;
  /** Whether its requests are made of tensors. */
  readonly takesTensors: boolean;
  /** @throws ClientError; PredictionError for inputs that its protocol has no form for */
  ask(operation: PredictorOperation, inputs: PredictorInputs, call: PredictorCall): Promise<PredictorOutputs>;
  /**
   * The answer to a prediction as it comes, of predictors whose protocol has such; who stops reading ends it.
   * @returns undefined for inputs whose answer can only come whole
   * @throws ClientError, also while it is read; PredictionError as `ask` does
   */
  askParts?(inputs: PredictorInputs, call: CallOptions): Promise<AsyncIterable<AnswerPart> | undefined>;
  /** Why it cannot serve; undefined when it can. */
  problem(call: CallOptions): Promise<string | undefined>;
  /** Where requests may go now; undefined where a host cannot be asked by itself. */
  hosts?(): Promise<readonly Host[]>;
  /** Which model the host of the call has, as far as it tells; undefined where nothing but answers can say. @throws ClientError */
  identify?(call: CallOptions): Promise<PredictorIdentity>;
}

/**
 * The client is loaded with the first transformer.
 * @param context of the model that asks, for a predictor of the same server
 * @throws RangeError for a host that is no address
 */
export async function openPredictor(options: PredictorOptions, context: object): Promise<Predictor> {
  const { host, protocol, client, tensors } = options;
  const local = localModelOf(host);
  if (local !== undefined) return new LocalPredictor(options, local, serverModelsOf(context) ?? NO_SERVER_MODELS);
  if (isRuntimeProtocol(protocol)) return openRuntimePredictor(options, protocol);
  if (isTorchServeProtocol(protocol)) return openTorchServePredictor(options, protocol);
  if (isSeldonProtocol(protocol)) return openSeldonPredictor(options, protocol);
  if (protocol === 'grpc-v2') {
    const { createV2GrpcClient } = await import('@marserve/client/grpc');
    return new V2Predictor(options, createV2GrpcClient(host, client));
  }
  const { createV1Client, createV2Client } = await import('@marserve/client');
  if (protocol === 'v2') return new V2Predictor(options, createV2Client(host, { ...client, tensors }));
  return new V1Predictor(options, createV1Client(host, client));
}

class V1Predictor implements Predictor {
  readonly takesTensors = false;
  readonly #name: string;
  readonly #version: string | undefined;
  readonly #client: V1Client;

  constructor({ model }: PredictorOptions, client: V1Client) {
    this.#name = model.name;
    this.#version = model.version;
    this.#client = client;
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: CallOptions): Promise<PredictorOutputs> {
    const request = hasTensors(inputs) ? { instances: rowsOfTensors(inputs.inputs) } : inputs;
    const answer = await this.#client[operation](this.#name, request, call);
    return { ...answer, predictions: Array.isArray(answer.predictions) ? answer.predictions : [] } as PredictorOutputs;
  }

  async problem(call: CallOptions): Promise<string | undefined> {
    return (await this.#client.isModelReady(this.#name, call)) ? undefined : `it has no model "${this.#name}", ready`;
  }

  hosts(): Promise<readonly Host[]> {
    return this.#client.hosts();
  }

  async identify(call: CallOptions): Promise<PredictorIdentity> {
    let found: PredictorIdentity | undefined;
    const onResponse = ({ headers }: ResponseHead) => (found = identityIn(headers));
    const versions = await this.#client.modelVersions(this.#name, { ...call, onResponse });
    return found ?? identityAmong(versions, { name: this.#name, version: this.#version });
  }
}

/** Over gRPC there is no `explain`; answers in parts are events over REST, and answers of a stream over gRPC. */
type TensorClient = V2Client &
  Partial<Pick<V2RestClient, 'explain' | 'generateStream'>> &
  Partial<Pick<V2GrpcClient, 'inferStream'>>;

class V2Predictor implements Predictor {
  readonly takesTensors = true;
  readonly #model: PredictorOptions['model'];
  readonly #client: TensorClient;
  #signature: Promise<ModelSignature> | undefined;

  constructor({ model }: PredictorOptions, client: TensorClient) {
    this.#model = model;
    this.#client = client;
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: CallOptions): Promise<PredictorOutputs> {
    const request = hasTensors(inputs) ? inputs : await this.#toTensors(inputs.instances, call);
    if (operation === 'predict') return outputsOf(await this.#client.infer(this.#model, request, call));
    if (this.#client.explain === undefined) throw notOverGrpc();
    return outputsOf(await this.#client.explain(this.#model, request, call));
  }

  async askParts(inputs: PredictorInputs, call: CallOptions): Promise<AsyncIterable<AnswerPart> | undefined> {
    const { generateStream, inferStream } = this.#client;
    if (generateStream !== undefined) {
      const request = generateRequest(inputs);
      if (request === undefined) return undefined;
      return endingWithReader(call.signal, (signal) => this.#events(request, { ...call, signal }));
    }
    const request = hasTensors(inputs) ? inputs : await this.#toTensors(inputs.instances, call);
    return inferStream && endingWithReader(call.signal, (signal) => this.#answers(request, { ...call, signal }));
  }

  async *#events(request: Readonly<Record<string, unknown>>, call: CallOptions): AsyncGenerator<AnswerPart, void> {
    const events = this.#client.generateStream?.(this.#model, request, call) ?? [];
    for await (const event of events) yield partOfEvent(event);
  }

  /** An answer without outputs only says that it was the last one. */
  async *#answers(request: TensorsPayload, call: CallOptions): AsyncGenerator<AnswerPart, void> {
    const answers = this.#client.inferStream?.([{ ...request, model: this.#model }], call) ?? [];
    for await (const { outputs } of answers) if (Object.keys(outputs).length > 0) yield { outputs };
  }

  async problem(call: CallOptions): Promise<string | undefined> {
    return (await this.#client.isModelReady(this.#model, call))
      ? undefined
      : `it has no model "${this.#model.name}", ready`;
  }

  hosts(): Promise<readonly Host[]> {
    return this.#client.hosts();
  }

  /** One that has not the version tells those that it has. */
  async identify(call: CallOptions): Promise<PredictorIdentity> {
    const { name, version } = this.#model;
    if (version === undefined || (await this.#client.isModelReady(this.#model, call))) {
      return this.#identify(this.#model, call);
    }
    return this.#identify({ name }, call);
  }

  async #identify(model: PredictorOptions['model'], call: CallOptions): Promise<PredictorIdentity> {
    let found: PredictorIdentity | undefined;
    const onResponse = ({ headers }: ResponseHead) => (found = identityIn(headers));
    const { versions = [] } = await this.#client.modelMetadata(model, { ...call, onResponse });
    return found ?? identityAmong(versions, this.#model);
  }

  async #toTensors(instances: readonly unknown[], { signal, headers, forward }: CallOptions): Promise<TensorsPayload> {
    this.#signature ??= this.#askSignature({ signal, headers, forward });
    return { inputs: tensorsOfInstances(instances, (await this.#signature).inputs) };
  }

  /** Asked once, of a predictor that answers. */
  async #askSignature(call: CallOptions): Promise<ModelSignature> {
    try {
      return await readSignature(await this.#client.modelMetadata(this.#model, call));
    } catch (error) {
      this.#signature = undefined;
      throw error;
    }
  }
}

async function readSignature({ inputs, outputs }: ModelMetadata): Promise<ModelSignature> {
  const { tensorTypeOf } = await import('@marserve/client');
  const specOf = ({ name, datatype, shape }: ModelMetadata['inputs'][number]): TensorSpec => {
    return { name, type: tensorTypeOf(datatype) as TensorType, shape: shape.map(Number) };
  };
  return { inputs: inputs.map(specOf), outputs: outputs.map(specOf) };
}

function outputsOf({ outputs }: InferResponse): PredictorOutputs {
  return { outputs };
}

function notOverGrpc(): Error {
  return new PredictionError('The protocol grpc-v2 has no explanations: use predictor_protocol v1 or v2', 501);
}
