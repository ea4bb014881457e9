/** From the house's error codes to KServe's statuses and bodies. */
import { toServeError, type ErrorCode, type ServeError } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../error-headers.ts';

/** protocols.md 1.3; where it names none, the status that says it best. */
export const KSERVE_V1_STATUSES: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  route_not_found: 404,
  method_not_allowed: 405,
  model_not_found: 404,
  version_not_found: 404,
  archive_not_found: 404,
  url_not_allowed: 403,
  download_failed: 502,
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
  worker_start_failed: 503,
  worker_died: 500,
  response_timeout: 504,
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

/** What FastAPI says of paths and methods. */
const DETAILS: Partial<Readonly<Record<ErrorCode, string>>> = {
  route_not_found: 'Not Found',
  method_not_allowed: 'Method Not Allowed',
};

/** The response for anything thrown. */
export function kserveV1ErrorResponse(thrown: unknown): PlainResponse {
  const error = toServeError(thrown);
  const detail = DETAILS[error.code];
  const body = detail === undefined ? { error: error.message } : { detail };
  return compactJson(statusOf(error), body, errorHeaders(error));
}

function statusOf({ code, details }: ServeError): number {
  return (code === 'prediction' ? details.status : undefined) ?? KSERVE_V1_STATUSES[code];
}
