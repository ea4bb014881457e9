/** From rows to tensors and back, where a transformer's client and its predictor speak different protocols. */
import type { NamedTensors, Tensor as ClientTensor } from '@marserve/client';
import { PredictionError } from '../prediction-error.ts';
import { isPlainObject } from '../model-config.ts';
import type { TensorSpec } from '../signature.ts';
import { nestedShape, nestedTensor, tensorToJson } from '../tensor/tensor-json.ts';
import { isTensor, type Tensor } from '../tensor/tensor.ts';

/**
 * A row for each element along the first axis: of one tensor its value, of several an object of theirs.
 * @throws PredictionError, 400 by default, for tensors whose first axes differ
 */
export function rowsOfTensors(tensors: NamedTensors, status = 400): unknown[] {
  const entries = Object.entries(tensors);
  const count = entries[0]?.[1].shape[0];
  const odd = entries.find(([, { shape }]) => shape[0] !== count);
  if (odd !== undefined || count === undefined) {
    const shapes = entries.map(([name, { shape }]) => `"${name}" [${shape.join(', ')}]`).join(', ');
    throw new PredictionError(`Expected tensors with as many rows along the first axis, got ${shapes}`, status);
  }
  const columns = entries.map(([name, tensor]) => [name, columnOf(tensor)] as const);
  const [only, ...others] = columns;
  if (only !== undefined && others.length === 0) return [...only[1]];
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map(([name, column]) => [name, column[row]])),
  );
}

function columnOf(tensor: ClientTensor): readonly unknown[] {
  return tensor.type === 'bytes' ? (tensor.data as Uint8Array[]) : (tensorToJson(tensor as Tensor) as unknown[]);
}

/** What a handler answers tensors with: itself a tensor, or the bytes of the only element of BYTES that is no text. */
export function fieldsOfTensors(tensors: NamedTensors): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      if (tensor.type !== 'bytes') return [name, tensor];
      if (tensor.data.length === 1) return [name, tensor.data[0]];
      throw new PredictionError(
        `The predictor gave "${name}" with ${tensor.data.length} elements that are no text`,
        502,
      );
    }),
  );
}

/**
 * The tensors that the predictor's model takes, of rows: values where it takes one, else objects.
 * @throws PredictionError 400 for rows that are none
 */
export function tensorsOfInstances(instances: readonly unknown[], specs: readonly TensorSpec[]): NamedTensors {
  const [only, ...others] = specs;
  if (only === undefined) {
    throw new PredictionError(
      'The predictor does not tell what it takes: preprocess must give { inputs } of tensors',
      500,
    );
  }
  const isNamed = instances.every(
    (each) => isPlainObject(each) && specs.every(({ name }) => Object.hasOwn(each, name)),
  );
  if (!isNamed && others.length > 0) {
    const names = specs.map(({ name }) => `"${name}"`).join(', ');
    throw new PredictionError(`Expected instances with the inputs ${names} of the predictor's model`, 400);
  }
  const column = (name: string) =>
    isNamed ? instances.map((each) => (each as Record<string, unknown>)[name]) : instances;
  return Object.fromEntries(specs.map((spec) => [spec.name, tensorOf(column(spec.name), spec)]));
}

function tensorOf(column: readonly unknown[], spec: TensorSpec): Tensor {
  const values = column.map((value) => (isTensor(value) ? tensorToJson(value) : value));
  return nestedTensor(values, spec, nestedShape(values));
}
