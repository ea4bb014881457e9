/** Inputs that each fit the signature, and not each other: sizes that it leaves open differ where the model needs the same. */
import { PredictionError } from '../prediction-error.ts';
import type { NamedTensors } from '../tensor/tensor.ts';
import { formatShape } from '../tensor/tensor-spec.ts';

/** What ONNX Runtime's operators say of that. */
const SHAPES_DIFFER =
  /broadcast|dimensions? mismatch|dimensions must match|mismatched dimensions|incompatible dimensions|cannot be reshaped/i;

/** A client's error for what the model threw when it ran on these inputs; undefined when it was about something else. */
export function shapesError(thrown: unknown, inputs: NamedTensors): PredictionError | undefined {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (!SHAPES_DIFFER.test(message)) return undefined;
  const operator = /while running (\w+) node/.exec(message)?.[1];
  const shapes = Object.entries(inputs).map(([name, { shape }]) => `"${name}" ${formatShape(shape)}`);
  const at = operator === undefined ? '' : ` (at its operator ${operator})`;
  return new PredictionError(`Expected inputs whose shapes fit together${at}; got ${shapes.join(', ')}`, 400);
}
