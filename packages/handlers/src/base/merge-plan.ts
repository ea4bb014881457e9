/** Whether rows are merged, as far as that is known before the first batch. */
import { configError } from '../model-config.ts';
import type { RowProof } from '../row-proof/row-proof.ts';
import type { ModelSignature } from '../signature.ts';
import { isDynamic } from '../tensor/tensor-spec.ts';
import { itemOutputs } from './item-outputs.ts';

/** How a model begins. */
export interface MergePlan {
  /** `untried`: rows are merged when trials have shown that they do not touch each other. */
  readonly start: 'proven' | 'asked' | 'untried' | 'apart';
  /** Why they are not, or not yet, merged; empty for those that are. */
  readonly reason: string;
  /** Outputs whose first axis is the batch. */
  readonly itemOutputs: ReadonlySet<string>;
}

/**
 * @param stack what the model's configuration says; undefined where it leaves the decision to the graph
 * @throws Error for a model that is asked to merge what is fixed
 */
export function mergePlan(signature: ModelSignature, proof: RowProof, stack: boolean | undefined): MergePlan {
  const plan = { itemOutputs: itemOutputs(signature, proof) };
  if (stack === true) refuseFixedBatch(signature);
  if (stack === true) return { ...plan, start: 'asked', reason: '' };
  if (stack === false) return { ...plan, start: 'apart', reason: 'asked' };
  if (proof.verdict === 'proven') return { ...plan, start: 'proven', reason: '' };
  const isTriable = proof.verdict === 'unknown' && hasDynamicBatch(signature);
  return { ...plan, start: isTriable ? 'untried' : 'apart', reason: proof.reason };
}

function hasDynamicBatch({ inputs, outputs }: ModelSignature): boolean {
  return inputs.length > 0 && [...inputs, ...outputs].every(({ shape }) => isDynamic(shape[0]));
}

function refuseFixedBatch({ inputs, outputs }: ModelSignature): void {
  const fixed = [...inputs, ...outputs].find(({ shape }) => typeof shape[0] === 'number' && shape[0] >= 0);
  if (fixed === undefined) return;
  throw configError(
    'base_handler.stack',
    `false, because the batch of "${fixed.name}" is fixed at ${fixed.shape[0]}`,
    true,
  );
}
