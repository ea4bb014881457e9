/** From the house's error codes to statuses and bodies of Seldon's wrapper (protocols.md 4.4). */
import { toServeError } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import type { FailedRequest, PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { HTTP_STATUSES, httpStatusBy } from '../errors/http-statuses.ts';
import { puidHeader } from './puid.ts';

/** The response for anything thrown. */
export function seldonErrorResponse(thrown: unknown, request?: FailedRequest): PlainResponse {
  const error = toServeError(thrown);
  const status = httpStatusBy(HTTP_STATUSES, error);
  const reason = status < 500 ? 'MICROSERVICE_BAD_DATA' : 'MICROSERVICE_INTERNAL_ERROR';
  const headers = { ...errorHeaders(error), ...(request !== undefined && puidHeader(request)) };
  return compactJson(status, { status: { status: 1, info: error.message, code: -1, reason } }, headers);
}
