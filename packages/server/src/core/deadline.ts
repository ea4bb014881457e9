/** How long a job may take: what its client, its model and its server say. */
import { ServeError } from './errors.ts';
import type { JobRequest } from './job.ts';
import type { VersionSettings } from './version-settings.ts';

/** Milliseconds from the arrival to the answer: the least of what the client and the model allow; Infinity without either. */
export function timeLimitMs({ timeoutMs = Infinity }: JobRequest, { clientTimeoutMs }: VersionSettings): number {
  return Math.min(timeoutMs, clientTimeoutMs === 0 ? Infinity : clientTimeoutMs);
}

/** What a job ends with whose own time is over. */
export function timeIsOver(limitMs: number): ServeError {
  const source = 'x-request-timeout-ms of the request, or clientTimeoutInMills of the model';
  return new ServeError('deadline_exceeded', `There was no answer within ${limitMs} ms (${source}).`);
}

/** What a job ends with that found no worker in time. */
export function waitedTooLong({ responseTimeoutMs }: VersionSettings): ServeError {
  const message = `No worker was free within ${responseTimeoutMs / 1000} s (response_timeout). Try again later.`;
  return new ServeError('deadline_exceeded', message);
}
