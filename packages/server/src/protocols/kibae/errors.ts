/** From the house's error codes to statuses and bodies of the session API. */
import { toServeError } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import type { PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { HTTP_STATUSES, httpStatusBy } from '../errors/http-statuses.ts';

const TYPES: Readonly<Partial<Record<number, string>>> = { 404: 'not_found_error', 409: 'conflict_error' };

/** The response for anything thrown. */
export function kibaeErrorResponse(thrown: unknown): PlainResponse {
  const error = toServeError(thrown);
  const status = httpStatusBy(HTTP_STATUSES, error);
  const error_type = TYPES[status] ?? (status < 500 ? 'bad_request_error' : 'runtime_error');
  return compactJson(status, { error_type, error: error.message }, errorHeaders(error));
}
