/** Ends the streams of clients that take nothing of what waits for them. */
import { constants, type ServerHttp2Stream } from 'node:http2';

/** How often it is looked at whether an answer is taken, within its time. */
const LOOKS = 4;

/** For the streams of one server. */
export class AnswerGuard {
  /** How often something waited when it was looked at, without any of it being taken. */
  readonly #waits = new Map<ServerHttp2Stream, number>();
  readonly #timer: NodeJS.Timeout;

  /** @param timeoutMs longest time in which a client takes nothing of its answer */
  constructor(timeoutMs: number) {
    this.#timer = setInterval(() => this.#look(), timeoutMs / LOOKS).unref();
  }

  /** Looks after a stream, until it is told of its end. */
  watch(stream: ServerHttp2Stream): void {
    if (!this.#waits.has(stream)) this.#waits.set(stream, 0);
  }

  /** Something of the answer was taken. */
  taken(stream: ServerHttp2Stream): void {
    if (this.#waits.has(stream)) this.#waits.set(stream, 0);
  }

  /** The stream is closed. */
  forget(stream: ServerHttp2Stream): void {
    this.#waits.delete(stream);
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [stream, count] of this.#waits) {
      if (count > LOOKS) stream.close(constants.NGHTTP2_CANCEL);
      this.#waits.set(stream, stream.writableLength > 0 ? count + 1 : 0);
    }
  }
}
