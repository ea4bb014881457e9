/** The parts of an answer on their way to whoever asked. They are few at a time: a worker waits for a reader that is slow. */
import type { ServeError } from '../errors.ts';
import type { JobResult } from './job-result.ts';

/** So many parts, and so many bytes of theirs. */
export interface PartAmount {
  /** How many. */
  readonly parts: number;
  /** The sum of their bodies, in bytes. */
  readonly bytes: number;
}

/** How much may be on its way, or wait for its reader, before one more part; then the worker sends none until some is taken. */
export const MOST_AHEAD: PartAmount = { parts: 64, bytes: 128 * 1024 };

/** What the maker of the parts hears. */
export interface PartStreamEvents {
  /** So much more was taken by the reader; told for several parts at once. */
  readonly onTaken: (amount: PartAmount) => void;
  /** Nobody reads on. */
  readonly onClosed: () => void;
}

/** A part in a piece of memory that is so many times larger is copied when it has to wait. */
const MOST_WASTE = 4;

/** For one reader. */
export class PartStream implements AsyncIterableIterator<JobResult> {
  readonly #events: PartStreamEvents;
  readonly #waiting: JobResult[] = [];
  #asked:
    | { readonly resolve: (step: IteratorResult<JobResult>) => void; readonly reject: (error: ServeError) => void }
    | undefined;
  /** What the maker does not know to be taken, and what of it is. */
  #ahead = { parts: 0, bytes: 0 };
  #untold = { parts: 0, bytes: 0 };
  #end: { error?: ServeError } | undefined;
  #movedAt = performance.now();

  constructor(events: PartStreamEvents) {
    this.#events = events;
  }

  /** Since when it has been the maker's turn, by the clock in milliseconds: now, as long as it has to wait for the reader. */
  makingSince(now: number): number {
    return this.#isFull ? now : this.#movedAt;
  }

  /** @throws Error for a maker that does not wait */
  add(part: JobResult): void {
    if (this.#isFull) throw new Error('a part of an answer that was sent before there was room for it');
    this.#movedAt = performance.now();
    this.#ahead = sum(this.#ahead, part);
    if (this.#end !== undefined) return;
    const asked = this.#asked;
    if (asked === undefined) this.#waiting.push({ ...part, body: inOwnMemory(part.body) });
    else {
      this.#asked = undefined;
      this.#onTaken(part);
      asked.resolve({ done: false, value: part });
    }
  }

  /** No part follows those that there are, or none that the reader gets; the first end counts. */
  end(error?: ServeError): void {
    if (this.#end !== undefined) return;
    this.#end = { ...(error && { error }) };
    const asked = this.#asked;
    this.#asked = undefined;
    if (error === undefined) asked?.resolve(DONE);
    else asked?.reject(error);
  }

  /** The next part. @throws ServeError why there is none, though there should be */
  next(): Promise<IteratorResult<JobResult>> {
    const part = this.#waiting.shift();
    if (part !== undefined) {
      this.#onTaken(part);
      return Promise.resolve({ done: false, value: part });
    }
    if (this.#end !== undefined) {
      const { error } = this.#end;
      return error === undefined ? Promise.resolve(DONE) : Promise.reject(error);
    }
    if (this.#asked !== undefined) return Promise.reject(new Error('the parts of an answer have one reader'));
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
  }

  /** To be called by a reader that stops early. */
  return(): Promise<IteratorResult<JobResult>> {
    this.#waiting.length = 0;
    const isOpen = this.#end === undefined;
    this.end();
    if (isOpen) this.#events.onClosed();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get #isFull(): boolean {
    return this.#ahead.parts >= MOST_AHEAD.parts || this.#ahead.bytes >= MOST_AHEAD.bytes;
  }

  /** The maker is told before it would have to wait for it. */
  #onTaken(part: JobResult): void {
    const untold = sum(this.#untold, part);
    this.#untold = untold;
    if (2 * untold.parts < MOST_AHEAD.parts && 2 * untold.bytes < MOST_AHEAD.bytes) return;
    if (this.#isFull) this.#movedAt = performance.now();
    this.#ahead = { parts: this.#ahead.parts - untold.parts, bytes: this.#ahead.bytes - untold.bytes };
    this.#untold = { parts: 0, bytes: 0 };
    if (this.#end === undefined) this.#events.onTaken(untold);
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

function sum({ parts, bytes }: PartAmount, { body }: JobResult): PartAmount {
  return { parts: parts + 1, bytes: bytes + body.byteLength };
}

/** What came beside it is not kept for its sake. */
function inOwnMemory(body: Uint8Array): Uint8Array {
  return body.buffer.byteLength > MOST_WASTE * body.byteLength ? new Uint8Array(body) : body;
}
