/** The body of an answer, which may come in parts. */
import type { PartStream } from '../core/jobs/part-stream.ts';

/** The bodies of the first part, which is there already, and of the rest; none for an answer that is whole. */
export function partBodies(first: Uint8Array, rest: PartStream | undefined): AsyncIterable<Uint8Array> {
  return new PartBodies(first, rest);
}

/** No generator: one that was never asked would not hear `return`. */
class PartBodies implements AsyncIterableIterator<Uint8Array> {
  #first: Uint8Array | undefined;
  readonly #rest: PartStream | undefined;

  constructor(first: Uint8Array, rest: PartStream | undefined) {
    this.#first = first;
    this.#rest = rest;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return { done: false, value: first };
    const step = await this.#rest?.next();
    return step === undefined || step.done === true
      ? { done: true, value: undefined }
      : { done: false, value: step.value.body };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#rest?.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
