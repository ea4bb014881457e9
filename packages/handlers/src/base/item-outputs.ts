/** Which outputs of a model carry the batch: those of an item, which came without the axis, go back without it. */
import type { RowProof } from '../row-proof/row-proof.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';

/**
 * The names of outputs whose first axis is the batch, from the graph and, where that cannot tell, from the signature:
 * never from the size that it happens to have.
 */
export function itemOutputs(signature: ModelSignature, proof: RowProof): ReadonlySet<string> {
  const isBatched = (spec: TensorSpec): boolean =>
    proof.outputs.get(spec.name) === true || isFirstOfInputs(signature, spec);
  return new Set(signature.outputs.filter(isBatched).map(({ name }) => name));
}

/** Whether it has the first dimension of all inputs: the same name, or fixed at one as theirs. */
function isFirstOfInputs({ inputs }: ModelSignature, { shape: [first] }: TensorSpec): boolean {
  return (typeof first === 'string' || first === 1) && inputs.every(({ shape }) => shape[0] === first);
}
