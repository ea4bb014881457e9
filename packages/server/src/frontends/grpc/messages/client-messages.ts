/** The messages of a client's stream, as long as the server takes any. */
import { ServeError } from '../../../core/errors.ts';
import type { Closing } from '../closing.ts';

/** For one reader; to be released when the stream is over. */
export class ClientMessages implements AsyncIterableIterator<Buffer> {
  readonly #messages: AsyncIterator<Buffer>;
  /** Forgets the server's end. */
  readonly release: () => void;
  #refuse: ((error: ServeError) => void) | undefined;
  #isClosed = false;

  constructor(messages: AsyncIterator<Buffer>, closing: Closing) {
    this.#messages = messages;
    this.release = closing.onBegin(() => {
      this.#isClosed = true;
      this.#refuse?.(shuttingDown());
    });
  }

  /** @throws ServeError `shutting_down` when none came before that */
  next(): Promise<IteratorResult<Buffer>> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    return new Promise((resolve, reject) => {
      this.#refuse = reject;
      this.#messages.next().then(resolve, reject);
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function shuttingDown(): ServeError {
  return new ServeError('shutting_down', 'The server is stopping, and takes no more messages of this stream.');
}
