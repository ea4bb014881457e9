/** Objects of features by name → the arrays that the model takes. */
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { isTensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';

type Sample = Readonly<Record<string, unknown>>;

/**
 * What `rowInputs` understands: an object, or a list of objects, put into the order of the features; for a model with one
 * input per feature, a column for each of them. Anything else as it is.
 * @throws PredictionError 400 for missing and unknown features
 */
export function orderFeatures(
  value: unknown,
  { inputs }: ModelSignature,
  features: readonly string[] | undefined,
): unknown {
  const samples = Array.isArray(value) ? (value as unknown[]) : [value];
  if (samples.length === 0 || !samples.every(isSample)) return value;
  if (inputs.length > 1) return toColumns(value, samples, inputs);
  const isInput = samples.length === 1 && Object.hasOwn(samples[0] ?? {}, inputs[0]?.name ?? '');
  if (features === undefined && isInput) return value;
  const arrays = samples.map((sample) => toArray(sample, features));
  return Array.isArray(value) ? arrays : arrays[0];
}

/** A list may have come as a tensor. */
function isSample(value: unknown): value is Sample {
  return isPlainObject(value) && !isTensor(value);
}

function toArray(sample: Sample, features: readonly string[] | undefined): unknown[] {
  if (features === undefined) {
    throw new PredictionError(
      'Expected an array of features; objects need their order in the model config, tabular_classifier.features',
      400,
    );
  }
  checkNames(sample, features);
  return features.map((name) => sample[name]);
}

/** A single object has no batch axis, so that its result has none either. */
function toColumns(value: unknown, samples: readonly Sample[], inputs: readonly TensorSpec[]): Sample {
  const names = inputs.map(({ name }) => name);
  for (const sample of samples) checkNames(sample, names);
  const columns = inputs.map(({ name, shape }) => {
    const cells = samples.map((sample) => cellOf(sample[name], shape.length));
    return [name, Array.isArray(value) ? cells : cells[0]];
  });
  return Object.fromEntries(columns) as Sample;
}

/** A value, or a list of one, may have come as a tensor; one with a batch axis is a whole column. */
function cellOf(given: unknown, dimensions: number): unknown {
  if (isTensor(given) && given.shape.length >= dimensions) return given;
  const cell = isTensor(given) ? tensorToJson(given) : given;
  return dimensions > 1 && !Array.isArray(cell) ? [cell] : cell;
}

function checkNames(sample: Sample, features: readonly string[]): void {
  const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
  const missing = features.filter((name) => !Object.hasOwn(sample, name));
  const unknown = Object.keys(sample).filter((name) => !features.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const problems = [
    ...(missing.length > 0 ? [`missing ${quoted(missing)}`] : []),
    ...(unknown.length > 0 ? [`unknown ${quoted(unknown)}`] : []),
  ];
  throw new PredictionError(`Expected the features ${quoted(features)}; got ${problems.join(' and ')}`, 400);
}
