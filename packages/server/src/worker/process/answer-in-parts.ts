/** The answer to one request that comes in parts: sends as many ahead as the daemon allows, and hears when nobody takes them. */
import type { RowResult } from '@marserve/handlers';
import type { PartAmount } from '../../wire/daemon-message.ts';
import { failed, type EncodedResult } from './coded-requests.ts';

/** Sends a part of the answer to the daemon; the last may be an end alone. */
export type SendPart = (part: EncodedResult | undefined, isLast: boolean) => void;

interface Waiting {
  readonly part: EncodedResult;
  readonly onSent: () => void;
}

/** Of one request; parts leave in the order in which they are sent. */
export class AnswerInParts {
  readonly #limit: PartAmount;
  readonly #send: SendPart;
  /** Sent, and not taken as far as is known. */
  #ahead = { parts: 0, bytes: 0 };
  readonly #waiting: Waiting[] = [];
  readonly #iterators = new Set<AsyncIterator<RowResult>>();
  #latest: Promise<void> | undefined;
  #isStopped = false;
  #isDone = false;

  constructor(limit: PartAmount, send: SendPart) {
    this.#limit = limit;
    this.#send = send;
  }

  /** Whether there was a part, or something in its place. */
  get hasBegun(): boolean {
    return this.#latest !== undefined || this.#isDone;
  }

  /** Resolves when it is sent, or when nobody takes it any more. */
  add(part: EncodedResult): Promise<void> {
    if (!part.result.ok) this.finish(part);
    this.#latest = this.#isStopped ? Promise.resolve() : this.#wait(part);
    return this.#latest;
  }

  /** The daemon says that so much was taken. */
  taken({ parts, bytes }: PartAmount): void {
    this.#ahead = { parts: this.#ahead.parts - parts, bytes: this.#ahead.bytes - bytes };
    this.#sendWaiting();
  }

  /** Passes on what an iterable gives, until it ends or nobody takes it; then it is told to end. Never rejects. */
  async pump(iterable: AsyncIterable<RowResult>, encode: (value: RowResult) => EncodedResult): Promise<void> {
    try {
      const iterator = iterable[Symbol.asyncIterator]();
      this.#iterators.add(iterator);
      while (!this.#isStopped) {
        const { done, value } = await iterator.next();
        if (done === true) return void this.#iterators.delete(iterator);
        if (!this.#isStopped) await this.add(encode(value));
      }
      await iterator.return?.();
    } catch (error) {
      this.finish(failed(error, 'handler_failed'));
    }
  }

  /** Ends behind what is to be sent; resolves when it did. */
  async end(): Promise<void> {
    await this.#latest;
    if (!this.#isDone) this.#send(undefined, true);
    this.#isDone = true;
    this.#isStopped = true;
  }

  /** Ends with what no part follows: a failure, or a whole answer. */
  finish(last: EncodedResult): void {
    if (!this.#isDone) this.#send(last, true);
    this.#isDone = true;
    this.stop();
  }

  /** Nobody takes the answer. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const { onSent } of this.#waiting.splice(0)) onSent();
    // A generator that waits for something ends when it goes on.
    for (const iterator of this.#iterators) void endOf(iterator);
  }

  #wait(part: EncodedResult): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ part, onSent: resolve });
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    while (this.#ahead.parts < this.#limit.parts && this.#ahead.bytes < this.#limit.bytes) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const bytes = this.#ahead.bytes + (next.part.body?.byteLength ?? 0);
      this.#ahead = { parts: this.#ahead.parts + 1, bytes };
      this.#send(next.part, false);
      next.onSent();
    }
  }
}

async function endOf(iterator: AsyncIterator<RowResult>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Nobody is left to be told.
  }
}
