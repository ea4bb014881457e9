/** What a request may not say, whatever it came by. */
import { PredictionError } from '@marserve/handlers/prediction-error';
import { badRequest } from '../../bad-request.ts';
import type { Parameters } from './parameters.ts';

/** @throws PredictionError 400 for two tensors of one name */
export function refuseTwice(tensors: readonly { readonly name: string }[], what: string): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw badRequest(`${what} "${name}" is there twice`);
    names.add(name);
  }
}

/** @throws PredictionError 501 */
export function refuseSharedMemory(parameters: Parameters): void {
  if (parameters.shared_memory_region === undefined) return;
  throw new PredictionError('Shared memory is not spoken here: send tensors as JSON or as binary data', 501);
}
