/** From the house's error codes to KServe's statuses and bodies. */
import { toServeError, type ErrorCode } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { HTTP_STATUSES, httpStatusBy, type HttpStatuses } from '../errors/http-statuses.ts';

/** protocols.md 1.3; where it names none, the status that says it best. */
const STATUSES: HttpStatuses = {
  ...HTTP_STATUSES,
  download_failed: 502,
  worker_start_failed: 503,
  response_timeout: 504,
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
  return compactJson(httpStatusBy(STATUSES, error), body, errorHeaders(error));
}
