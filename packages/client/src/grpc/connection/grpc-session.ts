/** A connection to a server, and the calls on it. */
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';

/** A session of HTTP/2 has 2^30 streams of its client, then it is over. */
const MOST_CALLS = 2 ** 29;

/** It keeps the process only while there are calls. */
export class GrpcSession {
  readonly #session: ClientHttp2Session;
  #open = 0;
  #calls = 0;
  #error: Error | undefined;

  /** @param session to which nobody else listens */
  constructor(session: ClientHttp2Session) {
    this.#session = session;
    session.on('error', (error: Error) => (this.#error = error));
    session.unref();
  }

  /** Whether it takes further calls: it takes none when its server has said that it leaves. */
  get isUsable(): boolean {
    return !this.#session.closed && !this.#session.destroyed && this.#calls < MOST_CALLS;
  }

  /** Whether calls on it are not answered any more. */
  get isEnded(): boolean {
    return this.#session.destroyed;
  }

  /** Why it ended, where the system says so. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** A call, whose message is to be sent. */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    const stream = this.#session.request(headers);
    this.#calls += 1;
    this.#open += 1;
    if (this.#open === 1) this.#session.ref();
    stream.once('close', () => {
      this.#open -= 1;
      if (this.#open === 0) this.#session.unref();
    });
    return stream;
  }

  /** Ends it when its calls are answered. */
  close(): void {
    this.#session.close();
  }
}
