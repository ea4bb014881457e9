/** What a client asks: inputs by their names, and which outputs it wants. */
import { badRequest } from '../bad-request.ts';
import type { NamedTensor } from '../tensors/named-tensor.ts';
import { toTensor, type TensorParts } from './tensor-parts.ts';

/** A PredictRequest. */
export interface PredictRequest {
  /** In the order in which they came. */
  readonly inputs: readonly NamedTensor[];
  /** Names of the outputs that are wanted; empty for all. */
  readonly outputFilter: readonly string[];
  /** Whether all inputs came in `raw_data`: then outputs leave so, too (protocols.md 6.3). */
  readonly isRaw: boolean;
}

/** @param tensors by name, as they were read @throws PredictionError 400 for one that is no tensor */
export function toRequest(tensors: ReadonlyMap<string, TensorParts>, outputFilter: readonly string[]): PredictRequest {
  const twice = outputFilter.find((name, index) => outputFilter.indexOf(name) !== index);
  if (twice !== undefined) throw badRequest(`Output "${twice}" is in output_filter twice`);
  return {
    inputs: [...tensors].map(([name, parts]) => ({ name, content: toTensor(name, parts) })),
    outputFilter,
    isRaw: [...tensors.values()].every(({ raw }) => raw !== undefined),
  };
}
