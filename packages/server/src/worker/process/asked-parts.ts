/** The parts of another model's answer on their way to the handler that asked: they are few at a time, since the daemon waits for it. */
import type { PartAmount } from '../../wire/daemon-message.ts';

/** What the daemon hears. */
export interface AskedPartsEvents {
  /** How much may be on its way. */
  readonly ahead: PartAmount;
  /** So much more was taken; told for several parts at once. */
  readonly onTaken: (amount: PartAmount) => void;
  /** Nobody reads on. */
  readonly onClosed: () => void;
}

/** For one reader. */
export class AskedParts implements AsyncIterableIterator<Buffer> {
  readonly #events: AskedPartsEvents;
  readonly #waiting: Buffer[] = [];
  #untold = { parts: 0, bytes: 0 };
  #end: { readonly error?: Error | undefined } | undefined;
  /** The reader waits. */
  #wake = () => {};

  constructor(events: AskedPartsEvents) {
    this.#events = events;
  }

  /** One more. */
  add(body: Buffer): void {
    if (this.#end !== undefined) return;
    this.#waiting.push(body);
    this.#wake();
  }

  /** No part follows those that there are; the first end counts. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** @throws PredictionError why there is no next part, though there should be */
  async next(): Promise<IteratorResult<Buffer>> {
    while (this.#waiting.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const body = this.#waiting.shift();
    if (body !== undefined) {
      this.#taken(body);
      return { done: false, value: body };
    }
    if (this.#end?.error !== undefined) throw this.#end.error;
    return { done: true, value: undefined };
  }

  /** To be called by a reader that stops early. */
  return(): Promise<IteratorResult<Buffer>> {
    this.#waiting.length = 0;
    if (this.#end === undefined) this.#events.onClosed();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The daemon is told before it would have to wait for it. */
  #taken({ length }: Buffer): void {
    const { ahead, onTaken } = this.#events;
    const untold = { parts: this.#untold.parts + 1, bytes: this.#untold.bytes + length };
    const isMuch = 2 * untold.parts >= ahead.parts || 2 * untold.bytes >= ahead.bytes;
    this.#untold = isMuch ? { parts: 0, bytes: 0 } : untold;
    if (isMuch && this.#end === undefined) onTaken(untold);
  }
}
