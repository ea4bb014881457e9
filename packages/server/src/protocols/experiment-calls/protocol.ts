/** What is asked of the experiments of a graph: feedback, their state, and changes by hand. */
import { toServeError } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { HTTP_STATUSES, httpStatusBy } from '../errors/http-statuses.ts';
import type { Protocol } from '../protocol.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createExperimentEndpoints } from './endpoints.ts';

/** For the daemon. */
export const experimentCalls: Protocol = {
  createEndpoints: ({ dataPlane }) => createExperimentEndpoints(dataPlane),
  errorResponse(thrown) {
    const error = toServeError(thrown);
    return compactJson(httpStatusBy(HTTP_STATUSES, error), { error: error.message }, errorHeaders(error));
  },
  replyProblem: replyMetaProblem,
};
