/** The body of an answer that comes in parts. */
import type { PartStream } from '../core/jobs/part-stream.ts';

/** The bodies of the first part, which is there already, and of the rest. */
export function partBodies(first: Uint8Array, rest: PartStream): AsyncIterable<Uint8Array> {
  return new PartBodies(first, rest);
}

/** No generator: one that was never asked would not hear `return`. */
class PartBodies implements AsyncIterableIterator<Uint8Array> {
  #first: Uint8Array | undefined;
  readonly #rest: PartStream;

  constructor(first: Uint8Array, rest: PartStream) {
    this.#first = first;
    this.#rest = rest;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return { done: false, value: first };
    const { done, value } = await this.#rest.next();
    return done ? { done, value: undefined } : { done: false, value: value.body };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#rest.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
