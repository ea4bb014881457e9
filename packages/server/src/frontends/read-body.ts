/** Reads the body of a request into memory, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { ServeError } from '../core/errors.ts';
import type { BodyMemory } from './body-memory.ts';

/** Bodies that come in more than one piece. */
const LARGE_BYTES = 128 * 1024;

/**
 * The same in memory that is to be released, when the body is large and says so.
 * @throws ServeError as `readBody`
 */
export async function readBodyInto(
  memory: BodyMemory,
  request: IncomingMessage,
  limitBytes: number,
): Promise<Buffer[]> {
  if (Number(request.headers['content-length'] ?? 0) < LARGE_BYTES) return readBody(request, limitBytes);
  await readChunks(request, limitBytes, (chunk) => memory.add(chunk));
  return memory.chunks();
}

/** The chunks of the body, not joined. @throws ServeError `request_too_large`, or `cancelled` when the client goes away */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  await readChunks(request, limitBytes, (chunk) => chunks.push(chunk));
  return chunks;
}

function readChunks(request: IncomingMessage, limitBytes: number, add: (chunk: Buffer) => void): Promise<void> {
  assertDeclaredLength(request, limitBytes);
  return new Promise((resolve, reject) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) add(chunk);
      else reject(tooLarge(`more than ${limitBytes}`, limitBytes));
    });
    request.on('end', () => resolve());
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
