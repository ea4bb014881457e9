/** Why a worker failed at something, as it tells it, checked. */
import { headersProblem } from '@marserve/handlers/response-headers';
import { fieldsOf, unexpected } from './checked-fields.ts';
import { WIRE_ERROR_CODES, type WireError, type WireErrorCode } from './worker-message.ts';

/** @throws Error with what is wrong with it */
export function decodeWireError(given: unknown): WireError {
  const { code, message, status, stack, headers } = fieldsOf(given, 'an error');
  if (!WIRE_ERROR_CODES.includes(code as WireErrorCode)) throw unexpected('the code of an error', 'one of ours', code);
  if (typeof message !== 'string') throw unexpected('the message of an error', 'text', message);
  if (stack !== undefined && typeof stack !== 'string') throw unexpected('the stack of an error', 'text', stack);
  const error = {
    code: code as WireErrorCode,
    message,
    ...(stack !== undefined && { stack }),
    ...(headers !== undefined && { headers: decodeHeaders(headers) }),
  };
  if (status === undefined) return error;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599)
    return { ...error, status };
  throw unexpected('the status of an error', 'an integer from 400 to 599', status);
}

function decodeHeaders(given: unknown): Readonly<Record<string, string>> {
  const headers = fieldsOf(given, 'the headers of an error');
  const problem = headersProblem(headers);
  if (problem === undefined) return headers as Readonly<Record<string, string>>;
  throw new Error(`an error with ${problem}`);
}
