/** Reads the body of a request into memory, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { ServeError } from '../core/errors.ts';

/** The chunks of the body, not joined. @throws ServeError `request_too_large`, or `cancelled` when the client goes away */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer[]> {
  assertDeclaredLength(request, limitBytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else reject(tooLarge(`more than ${limitBytes}`, limitBytes));
    });
    request.on('end', () => resolve(chunks));
    request.on('error', () => reject(goneError()));
    request.on('close', () => {
      if (!request.complete) reject(goneError());
    });
  });
}

/** @throws ServeError `request_too_large` when the headers say so already */
export function assertDeclaredLength(request: IncomingMessage, limitBytes: number): void {
  if (isTooLarge(request, limitBytes)) throw tooLarge(request.headers['content-length'] ?? '', limitBytes);
}

/** Whether the headers say that the body is over the limit. */
export function isTooLarge({ headers }: IncomingMessage, limitBytes: number): boolean {
  return Number(headers['content-length'] ?? 0) > limitBytes;
}

function tooLarge(size: string, limitBytes: number): ServeError {
  const limit = `max_request_size allows ${limitBytes} bytes`;
  return new ServeError('request_too_large', `The request body has ${size} bytes; ${limit}.`);
}

/** What a request that its client gave up ends with. */
export function goneError(): ServeError {
  return new ServeError('cancelled', 'The client went away');
}
