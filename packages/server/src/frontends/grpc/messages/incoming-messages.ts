/** The messages of a call, from its stream of HTTP/2: how much may come of one that is not whole, and how long that may take. */
import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { ServeError, toServeError } from '../../../core/errors.ts';
import { startTimer } from '../../../core/timer.ts';
import { afterTurn } from '../../after-turn.ts';
import { overloaded } from '../../bodies/body-sink.ts';
import type { MemoryBudget } from '../../memory/memory-budget.ts';
import type { FrameCounter } from './count-frames.ts';
import { MessageReader, type FramedMessage } from './message-reader.ts';

/** What bounds them. */
export interface IncomingLimits {
  /** For messages that are not whole yet. */
  readonly budget: MemoryBudget;
  /** Largest message of a client, in bytes. */
  readonly maxMessageBytes: number;
  /** Longest time for a message, in milliseconds: from the call, or in a stream of messages from its first byte. */
  readonly messageTimeoutMs: number;
  /** Finds connections that bring next to nothing in their frames. */
  readonly countFrame: FrameCounter;
}

/** Whoever takes the messages of a call. */
export interface MessageReceiver {
  /** One is whole. Who takes it counts it from now on; that of a call with one message is counted up to the end. */
  take(message: FramedMessage): void;
  /** The client sends no more. */
  end(): void;
  /** What came was too much, too slow or no message; nothing follows. */
  refuse(error: ServeError): void;
}

/** How they are read. */
export interface IncomingOptions {
  /** What bounds them. */
  readonly limits: IncomingLimits;
  /** Whether the call has a stream of messages, and begins before they are there. */
  readonly isMany: boolean;
  /** Gets them. */
  readonly receiver: MessageReceiver;
}

/** Those of one call. */
export class IncomingMessages {
  readonly #stream: ServerHttp2Stream;
  readonly #limits: IncomingLimits;
  readonly #isMany: boolean;
  readonly #receiver: MessageReceiver;
  readonly #reader: MessageReader;
  #held = 0;
  #timer: NodeJS.Timeout | undefined;
  #state: 'open' | 'stopped' | 'ended' = 'open';

  constructor(stream: ServerHttp2Stream, { limits, isMany, receiver }: IncomingOptions) {
    this.#stream = stream;
    this.#limits = limits;
    this.#isMany = isMany;
    this.#receiver = receiver;
    this.#reader = new MessageReader(limits.maxMessageBytes);
  }

  /** From the stream's first byte. */
  begin(): void {
    const stream = this.#stream;
    stream.on('data', (bytes: Buffer) => this.#read(bytes));
    stream.once('end', () => this.#end());
    stream.once('close', () => this.#close());
    // Most are whole by then.
    if (!this.#isMany) afterTurn(() => this.#startTimer());
  }

  /** Takes no more: what still comes is dropped, and the stream closed when that does not end in time. */
  stop(): void {
    if (this.#state !== 'open') return;
    this.#state = 'stopped';
    this.#forget();
    this.#stream.resume();
    this.#timer = startTimer(() => this.#stream.close(constants.NGHTTP2_NO_ERROR), this.#limits.messageTimeoutMs);
  }

  #read(bytes: Buffer): void {
    const { session } = this.#stream;
    if (session !== undefined && !this.#limits.countFrame(session, bytes.length)) return closeFlood(session);
    if (this.#state !== 'open') return;
    if (!this.#limits.budget.tryTake(bytes.length)) return this.#refuse(overloaded());
    this.#held += bytes.length;
    try {
      const messages = this.#reader.read(bytes);
      if (this.#isMany) this.#heedParts(messages.length > 0);
      for (const message of messages) this.#receiver.take(message);
    } catch (error) {
      this.#refuse(toServeError(error));
    }
  }

  /** Of a stream of messages, those that are whole count no more, and the time begins anew. */
  #heedParts(isAnyWhole: boolean): void {
    const { partBytes } = this.#reader;
    if (isAnyWhole) {
      this.#release(this.#held - partBytes);
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (partBytes > 0) this.#startTimer();
  }

  #startTimer(): void {
    if (this.#state === 'open') this.#timer ??= startTimer(() => this.#expire(), this.#limits.messageTimeoutMs);
  }

  #expire(): void {
    this.#timer = undefined;
    // What is not read is not late.
    if (this.#stream.isPaused()) this.#startTimer();
    else this.#refuse(tooSlow(this.#limits.messageTimeoutMs));
  }

  #refuse(error: ServeError): void {
    this.stop();
    this.#receiver.refuse(error);
  }

  #end(): void {
    const isWanted = this.#state === 'open';
    this.#state = 'ended';
    this.#forget();
    if (isWanted) this.#receiver.end();
  }

  #close(): void {
    this.#state = 'ended';
    this.#forget();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#release(this.#held);
  }

  #release(bytes: number): void {
    this.#held -= bytes;
    this.#limits.budget.give(bytes);
  }
}

function closeFlood(session: Http2Session): void {
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_tiny_frames'));
  session.destroy();
}

function tooSlow(timeoutMs: number): ServeError {
  const message = `The message did not come to its end within ${timeoutMs / 1000} s (request_body_timeout).`;
  return new ServeError('request_timeout', message);
}
