/** For handlers that feed a model through its only input. */
import type { ModelSignature, TensorSpec } from '../signature.ts';
import { formatSpecs } from '../tensor/tensor-spec.ts';

/** @throws Error for a model that has several inputs, or none */
export function singleInput({ inputs }: ModelSignature): TensorSpec {
  const [only, ...others] = inputs;
  if (only !== undefined && others.length === 0) return only;
  throw new Error(`Expected a model with one input; this one has ${inputs.length}: ${formatSpecs(inputs)}`);
}
