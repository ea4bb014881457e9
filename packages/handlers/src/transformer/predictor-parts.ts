/** Answers of predictors in parts. */
import type { NamedTensors } from '@marserve/client';
import type { AnswerPart } from '../context/ask-model.ts';
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { hasTensors, type PredictorInputs } from './payload.ts';

/** The only instance; undefined where there are several: their answer is wanted whole. */
export function onlyInstance({ instances }: { readonly instances: readonly unknown[] }): unknown {
  return instances.length === 1 ? instances[0] : undefined;
}

/**
 * The request of `generate_stream`, which has the model's inputs by their names.
 * @returns undefined for several instances @throws PredictionError 400 for an instance without names
 */
export function generateRequest(inputs: PredictorInputs): Readonly<Record<string, unknown>> | undefined {
  if (hasTensors(inputs)) return { ...inputs.parameters, ...valuesOf(inputs.inputs) };
  const instance = onlyInstance(inputs);
  if (instance === undefined || isPlainObject(instance)) return instance;
  throw new PredictionError('Expected an object with the inputs of the model by their names, as for generate', 400);
}

function valuesOf(tensors: NamedTensors): Record<string, unknown> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, valueOf(tensor)]));
}

/** An element alone is no list: prompts are texts. */
function valueOf(tensor: NamedTensors[string]): unknown {
  const { data } = tensor;
  if (tensor.type === 'bytes') throw new PredictionError('Bytes that are no text have no form in generate', 400);
  return data.length === 1 ? data[0] : tensorToJson(tensor as Tensor);
}

/** What an event of `generate_stream` has beside the answer. */
const ABOUT = ['model_name', 'model_version', 'id'];

/** An event as a part. */
export function partOfEvent(event: Readonly<Record<string, unknown>>): AnswerPart {
  const value = Object.fromEntries(Object.entries(event).filter(([key]) => !ABOUT.includes(key)));
  return { row: 0, value };
}

/**
 * Parts whose call ends at once when nobody reads them any more, also while the next one is awaited.
 * @param signal ends it as well
 * @param open begins the call
 */
export function endingWithReader(
  signal: AbortSignal | undefined,
  open: (signal: AbortSignal) => AsyncGenerator<AnswerPart, void>,
): AsyncIterable<AnswerPart> {
  const left = new AbortController();
  const parts = open(signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]));
  const iterator: AsyncIterator<AnswerPart, void> = {
    next: () => parts.next(),
    async return() {
      left.abort();
      // That it was ended is what whoever waits for a part is told.
      await parts.return().catch(() => {});
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
