/** What a module gave as a value of the graph. */
import type { NamedTensors } from '@marserve/client';
import { isPlainObject } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { isTensor } from '../../tensor/tensor.ts';
import type { TensorsPayload } from '../../transformer/payload.ts';
import type { GraphValue } from '../graph-value.ts';

/** @throws PredictionError 500 for anything but a list, instances or predictions, inputs or outputs */
export function asGraphValue(result: unknown): GraphValue {
  if (Array.isArray(result)) return { instances: result };
  const fields = isPlainObject(result) ? result : {};
  const { instances, predictions = instances, inputs, outputs = inputs, parameters } = fields;
  if (Array.isArray(predictions) && outputs === undefined) return { instances: predictions };
  if (isPlainObject(outputs) && predictions === undefined)
    return {
      inputs: checkedTensors(outputs),
      ...(isPlainObject(parameters) && { parameters: parameters as Parameters }),
    };
  throw new PredictionError(
    `expected a list, { instances } of a list, or { inputs } of tensors by their names, but it gave ${valueText(result)}`,
  );
}

type Parameters = NonNullable<TensorsPayload['parameters']>;

function checkedTensors(tensors: Readonly<Record<string, unknown>>): NamedTensors {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (isTensor(tensor) || isBytes(tensor)) continue;
    throw new PredictionError(`expected a tensor as "${name}", but it gave ${valueText(tensor)}`);
  }
  return tensors as NamedTensors;
}

/** Those that predictors may give. */
function isBytes(value: unknown): boolean {
  return isPlainObject(value) && value['type'] === 'bytes' && Array.isArray(value['data']);
}
