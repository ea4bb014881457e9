/** Predictors that speak TorchServe's protocol: a request has one row, so each instance is one. */
import { setMaxListeners } from 'node:events';
import type { CallOptions, PredictionInput, ResponseHead, TorchServeClient } from '@marserve/client';
import type { PredictionInputs, TorchServeGrpcClient } from '@marserve/client/grpc';
import type { AnswerPart } from '../context/ask-model.ts';
import { isPlainObject } from '../model-config.ts';
import { parseJson, stringifyJson } from '../json.ts';
import { PredictionError } from '../prediction-error.ts';
import { bodyParts } from './body-parts.ts';
import { rowsOfTensors } from './convert.ts';
import { hasTensors, type PredictorInputs, type PredictorOutputs } from './payload.ts';
import type { Predictor, PredictorOperation } from './predictor.ts';
import { endingWithReader, onlyInstance } from './predictor-parts.ts';
import type { PredictorOptions, TorchServeProtocol } from './transformer-options.ts';

/** @throws RangeError for a host that is no address */
export async function openTorchServePredictor(
  options: PredictorOptions,
  protocol: TorchServeProtocol,
): Promise<Predictor> {
  const { host, client, model } = options;
  if (protocol === 'grpc-torchserve') {
    const { createTorchServeGrpcClient } = await import('@marserve/client/grpc');
    const calls = createTorchServeGrpcClient(host, client);
    return new TorchServePredictor(calls, {
      async askOne(instance, call, operation) {
        if (operation === 'explain') throw new PredictionError('The protocol grpc-torchserve has no explanations', 501);
        return askOverGrpc(calls, { model, instance }, call);
      },
      async *askParts(instance, call) {
        for await (const bytes of calls.predictStream(model, fieldsOf(instance), call))
          yield { row: 0, value: textIn(bytes) ?? bytes };
      },
    });
  }
  const { createTorchServeClient } = await import('@marserve/client');
  const calls = createTorchServeClient(host, client);
  return new TorchServePredictor(calls, {
    askOne: (instance, call, operation) => calls[operation](model, inputOf(instance), call),
    askParts(instance, call) {
      let type = '';
      const onResponse = ({ headers }: ResponseHead) => (type = headers['content-type'] ?? '');
      return bodyParts(calls.predictStream(model, inputOf(instance), { ...call, onResponse }), () => type);
    },
  });
}

/** How one instance is asked about. */
interface Asking {
  /** For the whole answer. */
  readonly askOne: (instance: unknown, call: CallOptions, operation: PredictorOperation) => Promise<unknown>;
  /** For the answer as it comes. */
  readonly askParts: (instance: unknown, call: CallOptions) => AsyncGenerator<AnswerPart, void>;
}

/** So many of one request are on their way at a time: the server there batches them. */
const MOST_AT_ONCE = 32;

class TorchServePredictor implements Predictor {
  readonly takesTensors = false;
  readonly #client: Pick<TorchServeClient, 'isHealthy'>;
  readonly #asking: Asking;

  constructor(client: Pick<TorchServeClient, 'isHealthy'>, asking: Asking) {
    this.#client = client;
    this.#asking = asking;
  }

  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: CallOptions): Promise<PredictorOutputs> {
    const instances = hasTensors(inputs) ? rowsOfTensors(inputs.inputs) : inputs.instances;
    const predictions: unknown[] = [];
    const failed = new AbortController();
    const signal = call.signal === undefined ? failed.signal : AbortSignal.any([call.signal, failed.signal]);
    // Each request on its way listens, some of them more than once: no leak to be warned of.
    setMaxListeners(0, signal);
    const rest = instances.entries();
    const askRest = async (): Promise<void> => {
      for (const [index, instance] of rest) {
        predictions[index] = await this.#asking.askOne(instance, { ...call, signal }, operation);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, instances.length) }, askRest));
    } finally {
      failed.abort();
    }
    return operation === 'explain' ? { predictions, explanations: predictions } : { predictions };
  }

  async askParts(inputs: PredictorInputs, call: CallOptions): Promise<AsyncIterable<AnswerPart> | undefined> {
    const instances = hasTensors(inputs) ? rowsOfTensors(inputs.inputs) : inputs.instances;
    const instance = onlyInstance({ instances });
    if (instance === undefined) return undefined;
    return endingWithReader(call.signal, (signal) => this.#asking.askParts(instance, { ...call, signal }));
  }

  async problem(call: CallOptions): Promise<string | undefined> {
    return (await this.#client.isHealthy(call)) ? undefined : 'it is not healthy';
  }
}

/** Fields of which one has bytes are a form, as they were when they came. */
function inputOf(instance: unknown): PredictionInput {
  if (!isPlainObject(instance) || !hasBytes(instance)) return instance as PredictionInput;
  const form = new FormData();
  for (const [name, value] of Object.entries(instance)) {
    if (value instanceof Uint8Array) form.set(name, new Blob([value]), name);
    else form.set(name, typeof value === 'string' ? value : stringifyJson(value));
  }
  return form;
}

interface GrpcQuestion {
  readonly model: PredictorOptions['model'];
  readonly instance: unknown;
}

/** Answers are bytes of which nothing says what they are: JSON where they can be read as such, else text where they are that. */
async function askOverGrpc(
  client: TorchServeGrpcClient,
  { model, instance }: GrpcQuestion,
  call: CallOptions,
): Promise<unknown> {
  const bytes = await client.predict(model, fieldsOf(instance), call);
  const text = textIn(bytes);
  return text === undefined ? bytes : readText(text);
}

/** Undefined for bytes that are no text. */
function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readText(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function fieldsOf(instance: unknown): PredictionInputs {
  if (!isPlainObject(instance) || !hasBytes(instance)) return fieldOf(instance);
  return Object.fromEntries(Object.entries(instance).map(([name, value]) => [name, fieldOf(value)]));
}

function fieldOf(value: unknown): Uint8Array | string {
  return value instanceof Uint8Array || typeof value === 'string' ? value : stringifyJson(value);
}

function hasBytes(fields: Readonly<Record<string, unknown>>): boolean {
  return Object.values(fields).some((value) => value instanceof Uint8Array);
}
