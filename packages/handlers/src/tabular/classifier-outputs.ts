/** Which outputs of a model are its label and its probabilities. */
import type { ModelSignature, TensorSpec } from '../signature.ts';
import { formatSpecs } from '../tensor-spec.ts';

export interface ClassifierOutputs {
  /** One class per sample. */
  readonly label?: TensorSpec;
  /** One score per sample and class. */
  readonly probabilities?: TensorSpec;
}

/** By type and rank, since converters name them differently. @throws Error for a model that has neither */
export function classifierOutputs({ outputs }: ModelSignature): ClassifierOutputs {
  const probabilities =
    outputs.find(({ labels }) => labels !== undefined) ??
    outputs.find(({ type, shape }) => type.startsWith('float') && shape.length === 2);
  const label = outputs.find(
    (spec) => spec !== probabilities && /^(?:int|string)/.test(spec.type) && spec.shape.length <= 2,
  );
  if (probabilities !== undefined || label !== undefined) return { label, probabilities };
  throw new Error(
    `Expected a classifier, with an output of labels or of probabilities; this model has ${formatSpecs(outputs)}`,
  );
}
