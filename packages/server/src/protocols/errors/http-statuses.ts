/** Statuses of HTTP for the house's error codes, where a protocol says nothing else. */
import type { ErrorCode, ServeError } from '../../core/errors.ts';

/** The status of each error. */
export type HttpStatuses = Readonly<Record<ErrorCode, number>>;

/** The status that says it best. */
export const HTTP_STATUSES: HttpStatuses = {
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
  model_needed: 409,
  workflow_not_found: 404,
  workflow_failed: 500,
  needs_not_ready: 504,
  circular_needs: 409,
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

/** A handler's PredictionError keeps its own status. @param statuses those of the protocol */
export function httpStatusBy(statuses: HttpStatuses, { code, details }: ServeError): number {
  return (code === 'prediction' && details.status) || statuses[code];
}
