/** Takes the bytes of a body, up to a limit and as long as there is memory for them. */
import { ServeError } from '../core/errors.ts';
import type { BodyMemory } from './body-memory.ts';

export interface BodySink {
  /** @throws ServeError `request_too_large`, `overloaded` */
  add(bytes: Buffer): void;
  /** What was added since it was last asked. */
  take(): Buffer[];
}

const RETRY_AFTER_SECONDS = 1;

/** @param maxBytes of what is added to this sink, whatever is in the memory already */
export function createBodySink(memory: BodyMemory, maxBytes: number): BodySink {
  const mostBytes = memory.size + maxBytes;
  return {
    add(bytes) {
      const size = memory.size + bytes.length;
      if (size > mostBytes) throw tooLarge(`more than ${maxBytes}`, maxBytes);
      if (!memory.reserve(size)) throw overloaded();
      memory.add(bytes);
    },
    take: () => memory.take(),
  };
}

/** @param size of the body, in words */
export function tooLarge(size: string, maxBytes: number): ServeError {
  const limit = `max_request_size allows ${maxBytes} bytes`;
  return new ServeError('request_too_large', `The request body has ${size} bytes; ${limit}.`);
}

/** What a request ends with for which there is no memory. */
export function overloaded(): ServeError {
  const message =
    'The server has no memory left for this body beside all others (max_inflight_bytes). Try again later.';
  return new ServeError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
