/** One row's tensors against the model's signature, and brought into the shape that the model takes. */
import { PredictionError } from '../prediction-error.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import { tensorProblem, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import { inputError } from '../tensor/tensor-json.ts';
import { fittingForm, formatShape, formatSpecs, takesItem, type RowForm } from '../tensor/tensor-spec.ts';

/** A row as the model takes it. */
export interface ModelRow {
  /** Every input of the model, its batch axis included. */
  readonly inputs: NamedTensors;
  /** Size of the first axis; undefined when the inputs differ in it: such a row runs alone. */
  readonly length: number | undefined;
  /** The row came without the batch axis: its outputs go back without it. */
  readonly isItem: boolean;
}

/** How a shape fits an input; `got` tells the message what came. @throws PredictionError 400 when it does not */
export function formOf(
  spec: TensorSpec,
  shape: readonly number[],
  got: () => string = () => `shape ${formatShape(shape)}`,
): RowForm {
  const form = fittingForm(spec, shape);
  if (form !== undefined) return form;
  const alternative = takesItem(spec.shape) ? ` (or ${formatShape(spec.shape.slice(1))} for one item)` : '';
  throw inputError(spec, `got ${got()}`, alternative);
}

/** The same for a whole tensor. @throws PredictionError 400 for another type, shape or number of elements */
export function formOfTensor(spec: TensorSpec, tensor: Tensor): RowForm {
  if (tensor.type !== spec.type) throw inputError(spec, `got a tensor of ${tensor.type}`);
  const problem = tensorProblem(tensor);
  if (problem !== undefined) throw inputError(spec, `got a tensor with ${problem}`);
  return formOf(spec, tensor.shape);
}

/** @throws PredictionError 400 for a missing or unknown input, and a type or shape that does not fit */
export function toModelRow({ inputs: specs }: ModelSignature, tensors: NamedTensors): ModelRow {
  const inputs: Record<string, Tensor> = {};
  const unknown = Object.keys(tensors).find((name) => !specs.some((spec) => spec.name === name));
  if (unknown !== undefined)
    throw new PredictionError(`Unknown input "${unknown}"; the model's inputs are ${formatSpecs(specs)}`, 400);
  let isItem = specs.length > 0;
  const lengths = new Set<number | undefined>();
  for (const spec of specs) {
    const tensor = tensors[spec.name];
    if (tensor === undefined) throw inputError(spec, 'got nothing under this name');
    const form = formOfTensor(spec, tensor);
    inputs[spec.name] = form === 'item' ? { ...tensor, shape: [1, ...tensor.shape] } : tensor;
    lengths.add(inputs[spec.name]?.shape[0]);
    isItem &&= form === 'item';
  }
  const [length] = lengths;
  return { inputs, length: lengths.size === 1 ? length : undefined, isItem };
}
