/** Predictors that speak TorchServe's protocol: a request has one row, so each instance is one. */
import { setMaxListeners } from 'node:events';
import type { CallOptions, PredictionInput, TorchServeClient } from '@marserve/client';
import type { PredictionInputs, TorchServeGrpcClient } from '@marserve/client/grpc';
import { isPlainObject } from '../model-config.ts';
import { parseJson, stringifyJson } from '../json.ts';
import { PredictionError } from '../prediction-error.ts';
import { rowsOfTensors } from './convert.ts';
import { hasTensors, type PredictorInputs, type PredictorOutputs } from './payload.ts';
import type { Predictor, PredictorOperation } from './predictor.ts';
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
    return new TorchServePredictor(calls, async (instance, call, operation) => {
      if (operation === 'explain') throw new PredictionError('The protocol grpc-torchserve has no explanations', 501);
      return askOverGrpc(calls, { model, instance }, call);
    });
  }
  const { createTorchServeClient } = await import('@marserve/client');
  const calls = createTorchServeClient(host, client);
  return new TorchServePredictor(calls, async (instance, call, operation) =>
    calls[operation](model, inputOf(instance), call),
  );
}

type AskOne = (instance: unknown, call: CallOptions, operation: PredictorOperation) => Promise<unknown>;

/** So many of one request are on their way at a time: the server there batches them. */
const MOST_AT_ONCE = 32;

class TorchServePredictor implements Predictor {
  readonly takesTensors = false;
  readonly #client: Pick<TorchServeClient, 'isHealthy'>;
  readonly #ask: AskOne;

  constructor(client: Pick<TorchServeClient, 'isHealthy'>, ask: AskOne) {
    this.#client = client;
    this.#ask = ask;
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
        predictions[index] = await this.#ask(instance, { ...call, signal }, operation);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, instances.length) }, askRest));
    } finally {
      failed.abort();
    }
    return operation === 'explain' ? { predictions, explanations: predictions } : { predictions };
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
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return readText(text);
  } catch {
    return bytes;
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
