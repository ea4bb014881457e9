/** The headers that say more of an error, whatever the protocol. */
import type { ServeError } from '../../core/errors.ts';

/**
 * What the handler has set, when to try again, and what would have been taken (RFC 9110: 12.5.3 has Accept-Encoding in answers with 415, 10.2.1 Allow in
 * those with 405).
 */
export function errorHeaders({
  details: { headers, retryAfterSeconds, accepted, allowed },
}: ServeError): Record<string, string> {
  return {
    ...headers,
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    ...(accepted !== undefined && { 'accept-encoding': accepted.join(', ') }),
    ...(allowed !== undefined && { allow: allowed.join(', ') }),
  };
}
