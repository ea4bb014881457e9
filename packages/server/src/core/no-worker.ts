/** The refusal of a request that no worker could run. */
import { ServeError } from './errors.ts';
import type { ModelKey } from './model-key.ts';

/** @param lastError why the last worker failed; undefined when none did */
export function noWorker({ name, version }: ModelKey, lastError: string | undefined): ServeError {
  const subject = `Model "${name}" Version "${version}"`;
  if (lastError === undefined) {
    const advice = 'Please use scale workers API to add workers.';
    return new ServeError('no_worker', `${subject} has no worker to serve inference request. ${advice}`);
  }
  // Its last words, on further lines, may tell one client about another's request.
  const [reason = ''] = lastError.split('\n', 1);
  return new ServeError('no_worker', `${subject} has no worker that is ready. The last one failed: ${reason}`);
}
