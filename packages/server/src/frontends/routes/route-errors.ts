/** The answers to a path or method that no endpoint has; the texts are TorchServe's. */
import { ServeError } from '../../core/errors.ts';
import type { EndpointCall } from '../http/endpoint-runner.ts';

/** For a path that no endpoint has. */
export const ROUTE_NOT_FOUND = new ServeError(
  'route_not_found',
  'Requested resource is not found, please refer to API document.',
);

/** @param allowed the methods that the path takes */
export function methodNotAllowed(allowed: readonly string[]): ServeError {
  const message = 'Requested method is not allowed, please refer to API document.';
  return new ServeError('method_not_allowed', message, { allowed });
}

/** Answers a request with an error, in the words of a protocol. */
export function refusedCall(error: ServeError, errorResponse: EndpointCall['errorResponse']): EndpointCall {
  return { audience: 'open', handle: () => Promise.reject(error), errorResponse, params: {} };
}
