/** From the house's error codes to the statuses of the Open Inference Protocol, all with the body `{"error": text}`. */
import { toServeError, type ErrorCode } from '../../core/errors.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../error-headers.ts';
import { compactJson } from '../compact-json.ts';

/** What the protocol leaves open is as Triton and KServe have it; a handler's PredictionError keeps its own status. */
export const OIP_STATUSES: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  route_not_found: 404,
  method_not_allowed: 405,
  model_not_found: 404,
  version_not_found: 404,
  archive_not_found: 404,
  url_not_allowed: 404,
  download_failed: 400,
  file_exists: 500,
  invalid_archive: 400,
  storage_failed: 500,
  already_registered: 409,
  default_version_in_use: 403,
  replacement_under_way: 409,
  golden_mismatch: 409,
  default_version_not_ready: 503,
  model_starting: 503,
  model_failed: 503,
  queue_full: 503,
  no_worker: 503,
  worker_start_failed: 500,
  worker_died: 500,
  response_timeout: 500,
  deadline_exceeded: 504,
  unregister_timeout: 408,
  request_too_large: 413,
  headers_too_large: 431,
  request_timeout: 408,
  unsupported_encoding: 415,
  overloaded: 503,
  response_too_large: 500,
  prediction: 500,
  handler_failed: 500,
  invalid_result: 500,
  not_implemented: 501,
  cancelled: 499,
  shutting_down: 503,
  internal: 500,
};

/** Triton's own: a model that it does not know is a wrong argument, and a version that it does not have is not found. */
export const TRITON_STATUSES: Readonly<Record<ErrorCode, number>> = { ...OIP_STATUSES, model_not_found: 400 };

/** The response for anything thrown. */
export const oipErrorResponse = errorResponseBy(OIP_STATUSES);

/** The same, as Triton has it. */
export const tritonErrorResponse = errorResponseBy(TRITON_STATUSES);

function errorResponseBy(statuses: Readonly<Record<ErrorCode, number>>): (thrown: unknown) => PlainResponse {
  return (thrown) => {
    const error = toServeError(thrown);
    const { code, message, details } = error;
    const status = (code === 'prediction' && details.status) || statuses[code];
    return compactJson(status, { error: message }, errorHeaders(error));
  };
}
