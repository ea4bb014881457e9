/** From the house's error codes to statuses and bodies of the session API. */
import { toServeError, type ErrorCode } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../error-headers.ts';

/** Where the original has none, the status that says it best; a handler's PredictionError keeps its own. */
export const KIBAE_STATUSES: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  route_not_found: 404,
  method_not_allowed: 405,
  model_not_found: 404,
  version_not_found: 404,
  archive_not_found: 404,
  url_not_allowed: 403,
  download_failed: 400,
  file_exists: 409,
  invalid_archive: 400,
  storage_failed: 500,
  already_registered: 409,
  default_version_in_use: 409,
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
  unregister_timeout: 504,
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

const TYPES: Readonly<Partial<Record<number, string>>> = { 404: 'not_found_error', 409: 'conflict_error' };

/** The response for anything thrown. */
export function kibaeErrorResponse(thrown: unknown): PlainResponse {
  const error = toServeError(thrown);
  const { code, message, details } = error;
  const status = (code === 'prediction' && details.status) || KIBAE_STATUSES[code];
  const error_type = TYPES[status] ?? (status < 500 ? 'bad_request_error' : 'runtime_error');
  return compactJson(status, { error_type, error: message }, errorHeaders(error));
}
