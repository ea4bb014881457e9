/** From the house's error codes to statuses and bodies of ONNX Runtime Server (protocols.md 6.2). */
import { toServeError, type ServeError } from '../../core/errors.ts';
import type { FailedRequest, PlainResponse } from '../endpoint.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { HTTP_STATUSES, httpStatusBy } from '../errors/http-statuses.ts';
import { idHeaders } from './request-ids.ts';
import { FAIL, runtimeMessage } from './runtime-status.ts';

/** What the model's run threw is ONNX Runtime's. @param error as the house has it */
export function messageOf({ code, message }: ServeError): string {
  return code === 'handler_failed' ? runtimeMessage(FAIL, message) : message;
}

/** The response for anything thrown. */
export function onnxruntimeServerErrorResponse(thrown: unknown, request?: FailedRequest): PlainResponse {
  const error = toServeError(thrown);
  const status = httpStatusBy(HTTP_STATUSES, error);
  const headers = { ...errorHeaders(error), ...(request !== undefined && idHeaders(request)) };
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: `${JSON.stringify({ error_code: status, error_message: messageOf(error) })}\n`,
  };
}
