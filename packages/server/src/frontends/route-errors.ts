/** The answers to a path or method that no endpoint has; the texts are TorchServe's. */
import { ServeError } from '../core/errors.ts';
import type { EndpointCall } from './endpoint-runner.ts';

export const ROUTE_NOT_FOUND = new ServeError(
  'route_not_found',
  'Requested resource is not found, please refer to API document.',
);

export const METHOD_NOT_ALLOWED = new ServeError(
  'method_not_allowed',
  'Requested method is not allowed, please refer to API document.',
);

/** Answers a request with an error, in the words of a protocol. */
export function refusedCall(error: ServeError, errorResponse: EndpointCall['errorResponse']): EndpointCall {
  return { audience: 'open', handle: () => Promise.reject(error), errorResponse, params: {} };
}
