/** What a client hears when too many wait already. */
import { ServeError } from './errors.ts';
import type { ModelKey } from './model-key.ts';

/** Seconds after which a client should try again. */
const RETRY_AFTER_SECONDS = 1;

/** @param most how many may be in flight @param limit where that is said */
export function tooManyInFlight({ name, version }: ModelKey, most: number, limit = 'max_inflight'): ServeError {
  const message = `Model "${name}" Version "${version}" is busy: ${most} requests are in flight already (${limit}). Try again later.`;
  return new ServeError('queue_full', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** @param capacity how many may wait @param limit where that is said */
export function queueFull({ name, version }: ModelKey, capacity: number, limit = 'job_queue_size'): ServeError {
  const waiting = `${capacity} requests are waiting already (${limit})`;
  const message = `Model "${name}" Version "${version}" is busy: ${waiting}. Try again later.`;
  return new ServeError('queue_full', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
