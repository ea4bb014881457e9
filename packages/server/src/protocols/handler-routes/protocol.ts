/** Routes of handlers' own: whatever a model's author says is a path of it. */
import { toServeError } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { HTTP_STATUSES, httpStatusBy } from '../errors/http-statuses.ts';
import type { Protocol } from '../protocol.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createRouteEndpoint } from './endpoints.ts';

/** For the daemon. */
export const handlerRoutes: Protocol = {
  createEndpoints: () => [],
  liveEndpoints: ({ dataPlane, routes }) => ({
    read: () => routes.read().map((route) => createRouteEndpoint(route, dataPlane)),
    watch: (listener) => routes.watch(listener),
  }),
  errorResponse,
  replyProblem: replyMetaProblem,
};

/** What the handler throws is its own word; the rest is the server's. */
function errorResponse(thrown: unknown): PlainResponse {
  const error = toServeError(thrown);
  return compactJson(httpStatusBy(HTTP_STATUSES, error), { error: error.message }, errorHeaders(error));
}
