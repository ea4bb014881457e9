/** From the house's error codes to the statuses of the Open Inference Protocol, all with the body `{"error": text}`. */
import { toServeError } from '../../core/errors.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { HTTP_STATUSES, httpStatusBy, type HttpStatuses } from '../errors/http-statuses.ts';
import { compactJson } from '../compact-json.ts';

/** What the protocol leaves open is as Triton and KServe have it; a handler's PredictionError keeps its own status. */
export const OIP_STATUSES: HttpStatuses = {
  ...HTTP_STATUSES,
  url_not_allowed: 404,
  file_exists: 500,
  default_version_in_use: 403,
  unregister_timeout: 408,
};

/** Triton's own: a model that it does not know is a wrong argument, and a version that it does not have is not found. */
export const TRITON_STATUSES: HttpStatuses = { ...OIP_STATUSES, model_not_found: 400 };

/** The response for anything thrown. */
export const oipErrorResponse = errorResponseBy(OIP_STATUSES);

/** The same, as Triton has it. */
export const tritonErrorResponse = errorResponseBy(TRITON_STATUSES);

function errorResponseBy(statuses: HttpStatuses): (thrown: unknown) => PlainResponse {
  return (thrown) => {
    const error = toServeError(thrown);
    return compactJson(httpStatusBy(statuses, error), { error: error.message }, errorHeaders(error));
  };
}
