/** Whether the rows of a batch can be one row behind the other along the first axis, as far as a signature tells. */
import type { ModelSignature } from '../signature.ts';
import { isDynamic } from '../tensor-spec.ts';

/**
 * `never`: rows run one by one. `untried`: it looks as if they could be merged; the first of them will show it.
 * `proven`: they are merged.
 */
export type Stacking = 'never' | 'untried' | 'proven';

/** Names that tf2onnx and PyTorch make up for dimensions nobody named. */
const MADE_UP = /^unk__\d+$|_dim_\d+$/;
/** Names of a first axis that is not a batch: merging along it would mix the rows. */
const NOT_A_BATCH = /seq|time|step|token|len|frame|height|width/i;
/** Names of a first axis that nobody gives to anything else. */
const A_BATCH = /batch|^n$/i;

/** `proven` where all inputs and outputs name their first axis alike, and the name says that it is a batch. */
export function stackingOf(signature: ModelSignature): Stacking {
  if (!isStackable(signature)) return 'never';
  const first = firstDimensions(signature);
  return first.every((dim) => dim === first[0] && A_BATCH.test(String(dim))) ? 'proven' : 'untried';
}

/** Whether the first dimension of every input and output is dynamic and can be one and the same batch axis. */
function isStackable(signature: ModelSignature): boolean {
  const first = firstDimensions(signature);
  const names = new Set(first.filter((dim) => typeof dim === 'string' && !MADE_UP.test(dim)) as string[]);
  const canBeOne = first.every(isDynamic) && names.size <= 1 && ![...names].some((name) => NOT_A_BATCH.test(name));
  return canBeOne && signature.inputs.length > 0;
}

function firstDimensions({ inputs, outputs }: ModelSignature): (number | string | undefined)[] {
  return [...inputs, ...outputs].map(({ shape }) => shape[0]);
}
