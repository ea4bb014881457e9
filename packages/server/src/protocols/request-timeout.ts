/** The longest time that a client of REST gives a request, in a header. */
import { ServeError } from '../core/errors.ts';
import type { PlainRequest } from './endpoint.ts';

const HEADER = 'x-request-timeout-ms';

/**
 * Milliseconds from the request to its answer; undefined without the header.
 * @throws ServeError `invalid_argument` for a header that is no number of milliseconds
 */
export function requestTimeoutMs(request: PlainRequest): number | undefined {
  const text = request.header(HEADER);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  const message = `The header ${HEADER} must be a number of milliseconds from 1 on, got "${text}".`;
  throw new ServeError('invalid_argument', message);
}
