/** The id of a prediction in a header of the answer: the client's own, else the request's. */
import type { FailedRequest } from '../endpoint.ts';

/** As a map of headers. */
export function puidHeader(request: FailedRequest): Record<string, string> {
  return { 'seldon-puid': request.header('seldon-puid') ?? request.requestId };
}
