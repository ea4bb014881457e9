/** Takes the bytes of a body, up to a limit and as long as there is memory for them. */
import { ServeError } from '../../core/errors.ts';
import type { BodyMemory } from './body-memory.ts';

const RETRY_AFTER_SECONDS = 1;

/** How much a body may be. */
export interface SizeLimit {
  /** Largest body, in bytes. */
  readonly maxBytes: number;
  /** What sets this limit, for who exceeds it; default `max_request_size`. */
  readonly setBy?: string;
}

/** Takes one body, chunk by chunk. */
export class BodySink {
  readonly #memory: BodyMemory;
  readonly #limit: SizeLimit;
  readonly #mostBytes: number;

  /** @param limit of what is added to this sink, whatever is in the memory already */
  constructor(memory: BodyMemory, limit: SizeLimit) {
    this.#memory = memory;
    this.#limit = limit;
    this.#mostBytes = memory.size + limit.maxBytes;
  }

  /** @throws ServeError `request_too_large`, `overloaded` */
  add(bytes: Buffer): void {
    const size = this.#memory.size + bytes.length;
    if (size > this.#mostBytes) throw tooLarge(`more than ${this.#limit.maxBytes}`, this.#limit);
    if (!this.#memory.reserve(size)) throw overloaded();
    this.#memory.add(bytes);
  }

  /** What was added since it was last asked. */
  take(): Buffer[] {
    return this.#memory.take();
  }
}

/** @param size of the body, in words */
export function tooLarge(size: string, { maxBytes, setBy = 'max_request_size' }: SizeLimit): ServeError {
  return new ServeError('request_too_large', `The request body has ${size} bytes; ${setBy} allows ${maxBytes} bytes.`);
}

/** What a request ends with for which there is no memory. */
export function overloaded(): ServeError {
  const message =
    'The server has no memory left for this body beside all others (max_inflight_bytes). Try again later.';
  return new ServeError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
