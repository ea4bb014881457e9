/** From the house's error codes to TorchServe's statuses, exception names and bodies. */
import { toServeError, type ErrorCode, type ServeError } from '../../core/errors.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { jsonResponse } from '../json-response.ts';

interface Row {
  readonly status: number;
  readonly type: string;
}

/** torchserve.md 3.1, 3.3 to 3.6, 4.4; where it differs, `docs/compatibility.md` says so. */
export const TORCHSERVE_ERRORS: Readonly<Record<ErrorCode, Row>> = {
  invalid_argument: { status: 400, type: 'BadRequestException' },
  unauthenticated: { status: 401, type: 'InvalidKeyException' },
  permission_denied: { status: 403, type: 'ForbiddenException' },
  route_not_found: { status: 404, type: 'ResourceNotFoundException' },
  method_not_allowed: { status: 405, type: 'MethodNotAllowedException' },
  model_not_found: { status: 404, type: 'ModelNotFoundException' },
  version_not_found: { status: 404, type: 'ModelVersionNotFoundException' },
  archive_not_found: { status: 404, type: 'ModelNotFoundException' },
  url_not_allowed: { status: 404, type: 'ModelNotFoundException' },
  download_failed: { status: 400, type: 'DownloadArchiveException' },
  file_exists: { status: 500, type: 'InternalServerException' },
  invalid_archive: { status: 400, type: 'InvalidModelException' },
  storage_failed: { status: 500, type: 'InternalServerException' },
  already_registered: { status: 409, type: 'ConflictStatusException' },
  default_version_in_use: { status: 403, type: 'InvalidModelVersionException' },
  model_needed: { status: 409, type: 'ConflictStatusException' },
  workflow_not_found: { status: 404, type: 'WorkflowNotFoundException' },
  workflow_failed: { status: 500, type: 'WorkflowException' },
  needs_not_ready: { status: 504, type: 'RequestTimeoutException' },
  circular_needs: { status: 409, type: 'ConflictStatusException' },
  replacement_under_way: { status: 409, type: 'ConflictStatusException' },
  golden_mismatch: { status: 409, type: 'ConflictStatusException' },
  default_version_not_ready: { status: 503, type: 'ServiceUnavailableException' },
  model_starting: { status: 503, type: 'ServiceUnavailableException' },
  model_failed: { status: 503, type: 'ServiceUnavailableException' },
  queue_full: { status: 503, type: 'ServiceUnavailableException' },
  no_worker: { status: 503, type: 'ServiceUnavailableException' },
  worker_start_failed: { status: 500, type: 'InternalServerException' },
  worker_died: { status: 500, type: 'InternalServerException' },
  response_timeout: { status: 500, type: 'InternalServerException' },
  deadline_exceeded: { status: 504, type: 'RequestTimeoutException' },
  unregister_timeout: { status: 408, type: 'RequestTimeoutException' },
  request_too_large: { status: 413, type: 'RequestEntityTooLargeException' },
  headers_too_large: { status: 431, type: 'RequestHeaderFieldsTooLargeException' },
  request_timeout: { status: 408, type: 'RequestTimeoutException' },
  unsupported_encoding: { status: 415, type: 'UnsupportedMediaTypeException' },
  overloaded: { status: 503, type: 'ServiceUnavailableException' },
  response_too_large: { status: 500, type: 'InternalServerException' },
  prediction: { status: 500, type: 'InternalServerException' },
  handler_failed: { status: 503, type: 'InternalServerException' },
  invalid_result: { status: 503, type: 'InternalServerException' },
  not_implemented: { status: 501, type: 'NotImplementedException' },
  cancelled: { status: 499, type: 'ClientClosedRequestException' },
  shutting_down: { status: 503, type: 'ServiceUnavailableException' },
  internal: { status: 500, type: 'InternalServerException' },
};

/** The response for anything thrown. */
export function torchserveErrorResponse(thrown: unknown): PlainResponse {
  const error = toServeError(thrown);
  const { type } = TORCHSERVE_ERRORS[error.code];
  const code = statusOf(error);
  return jsonResponse(code, { code, type, message: error.message }, errorHeaders(error));
}

function statusOf(error: ServeError): number {
  const { status } = TORCHSERVE_ERRORS[error.code];
  return error.code === 'prediction' ? (error.details.status ?? status) : status;
}
