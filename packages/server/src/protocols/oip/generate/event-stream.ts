/** Answers of the generate extension as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import { isFault, messageOf } from '../../../core/errors.ts';

/** The media type of a stream of events. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** JSON without line breaks, as one event. */
export function eventOf(json: string): Buffer {
  return Buffer.from(`data: ${json}\n\n`);
}

/** Events whose early end is told in one more event, as Triton does: the status of the answer has been sent. */
export function withErrorEvent(events: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return new EventsWithError(events[Symbol.asyncIterator]());
}

/** No generator: one that was never asked would not hear `return`. */
class EventsWithError implements AsyncIterableIterator<Uint8Array> {
  readonly #events: AsyncIterator<Uint8Array>;
  #hasFailed = false;

  constructor(events: AsyncIterator<Uint8Array>) {
    this.#events = events;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#hasFailed) return { done: true, value: undefined };
    try {
      return await this.#events.next();
    } catch (error) {
      if (isFault(error)) throw error;
      this.#hasFailed = true;
      return { done: false, value: eventOf(JSON.stringify({ error: messageOf(error) })) };
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#events.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
