/** Which outputs go into an answer, and in which form. */
import { badRequest } from '../../bad-request.ts';
import type { NamedTensor } from '../../tensors/named-tensor.ts';
import { classify, type Classification } from '../tensors/classify.ts';
import type { RequestedOutput } from './requested-outputs.ts';

/** An output that is asked for, and what of it. */
export interface WantedOutput extends RequestedOutput {
  /** Its classes in its place; undefined for the output itself. */
  readonly classification?: Classification;
}

/** What a request asks of its answer. */
export interface ResponseForm {
  /** Which outputs, in this order; undefined for all. */
  readonly outputs?: readonly WantedOutput[];
  /** Whether outputs are binary where nobody asked for them one by one. */
  readonly isBinary: boolean;
}

/** An output that goes into the answer. */
export interface SelectedOutput {
  /** The tensor. */
  readonly output: NamedTensor;
  /** Whether its data goes behind the JSON. */
  readonly isBinary: boolean;
}

/** @throws PredictionError 400 for one that there is not */
export function selectOutputs(
  outputs: readonly NamedTensor[],
  { outputs: requested, isBinary }: ResponseForm,
): SelectedOutput[] {
  if (requested === undefined || requested.length === 0) return outputs.map((output) => ({ output, isBinary }));
  return requested.map(({ name, isBinary: own, classification }) => {
    const output = outputs.find((each) => each.name === name);
    if (output === undefined) throw unknownOutput(name, outputs);
    return { output: classification === undefined ? output : classify(output, classification), isBinary: own };
  });
}

/** What is said of an output that nobody has. */
export function unknownOutput(name: string, outputs: readonly { readonly name: string }[]): Error {
  return badRequest(`Unknown output "${name}"; there are ${outputs.map((each) => `"${each.name}"`).join(', ')}`);
}
