/** The headers by which a request is told from others. */
import { isHeaderText } from '@marserve/handlers/response-headers';
import type { FailedRequest } from '../endpoint.ts';

const CLIENT_ID = 'x-ms-client-request-id';

/** Of every answer: the server's own id, and that of the client where it gave one (protocols.md 6.2). */
export function idHeaders(request: FailedRequest): Record<string, string> {
  const client = request.header(CLIENT_ID);
  return { 'x-ms-request-id': request.requestId, ...(isHeaderText(client) && { [CLIENT_ID]: client }) };
}
