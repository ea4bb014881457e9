/** The messages of a call that has a stream of them, read one by one: the client sends more when those before were. */
import type { ServerHttp2Stream } from 'node:http2';
import { decompressMessage, type DecompressOptions } from './decompress-message.ts';
import type { FramedMessage } from './message-reader.ts';

/** For one reader. */
export class MessageQueue implements AsyncIterator<Buffer> {
  readonly #stream: ServerHttp2Stream;
  readonly #options: DecompressOptions;
  readonly #messages: FramedMessage[] = [];
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor(stream: ServerHttp2Stream, options: DecompressOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** One more. */
  add(message: FramedMessage): void {
    this.#messages.push(message);
    this.#stream.pause();
    this.#wake?.();
  }

  /** There are no more. */
  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  /** Nobody is to read those that are left. */
  stop(): void {
    this.#messages.length = 0;
    this.end();
  }

  /** @throws ServeError for one that cannot be decompressed */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    if (this.#messages.length === 0 && !this.#hasEnded) await this.#more();
    const message = this.#messages.shift();
    if (message === undefined) return { done: true, value: undefined };
    return { done: false, value: await decompressMessage(message, this.#options) };
  }

  #more(): Promise<void> {
    this.#stream.resume();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
