/** Errors between processes. */
import { ServeError, toServeError } from '../core/errors.ts';
import type { SentError } from './messages.ts';

/** Plain data of anything thrown. */
export function sentError(thrown: unknown): SentError {
  const { code, message, details } = toServeError(thrown);
  return { code, message, details };
}

/** The error again, without its cause. */
export function receivedError({ code, message, details }: SentError): ServeError {
  return new ServeError(code, message, details);
}
