/** The answer to a call on its stream of HTTP/2: messages behind their heads, and the status in the trailers. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import { startTimer } from '../../core/timer.ts';
import { RPC_CODES, type RpcStatus } from '../../protocols/rpc.ts';
import type { AnswerGuard } from './answer-guard.ts';
import { ACCEPTED_ENCODINGS } from './messages/decompress-message.ts';
import { GrpcCaller } from './grpc-caller.ts';

const BEGINNING = {
  [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
};
const ANSWER = { ...BEGINNING, 'grpc-accept-encoding': ACCEPTED_ENCODINGS, 'grpc-encoding': 'identity' };
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const WITHOUT_MESSAGES = { endStream: true, sendDate: false };
const OK_TRAILERS = { 'grpc-status': RPC_CODES.OK };
const HEAD_BYTES = 5;
/** A larger message is not copied behind its head. */
const MOST_COPIED = 16_384;

/** Sends one answer, and knows when nobody takes it any more. */
export class GrpcStream {
  /** Whoever waits for it: gone when the client is, when its time is over, or when it has the whole answer. */
  readonly caller = new GrpcCaller();
  readonly #stream: ServerHttp2Stream;
  readonly #guard: AnswerGuard;
  #status: RpcStatus | undefined;
  #headers: Readonly<Record<string, string>> | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;

  /** @param guard for what its client does not take */
  constructor(stream: ServerHttp2Stream, guard: AnswerGuard) {
    this.#stream = stream;
    this.#guard = guard;
    stream.once('wantTrailers', () => this.#sendTrailers());
    stream.once('close', () => {
      guard.forget(stream);
      this.#leave();
    });
  }

  /** Of its answer, beside those that all have. */
  addHeaders(headers: Readonly<Record<string, string>>): void {
    this.#headers = this.#headers === undefined ? headers : { ...this.#headers, ...headers };
  }

  /** Calls back in so many milliseconds, unless it is over by then. */
  limitTime(timeoutMs: number, expired: () => void): void {
    this.#deadlineTimer = startTimer(expired, timeoutMs);
  }

  /** The only message of an answer. */
  sendWhole(message: Uint8Array): void {
    if (this.#isClosed()) return;
    this.#stream.respond(this.#with(ANSWER), WITH_TRAILERS);
    if (message.byteLength <= MOST_COPIED) this.#stream.end(framed(message));
    else {
      this.#stream.cork();
      this.#stream.write(headOf(message));
      this.#stream.end(message);
    }
  }

  /** One message of several. @returns whether there is room for more; else `drained` tells */
  write(message: Uint8Array): boolean {
    if (this.#isClosed()) return false;
    if (!this.#stream.headersSent) this.#stream.respond(this.#with(ANSWER), WITH_TRAILERS);
    this.watch();
    const taken = () => this.#guard.taken(this.#stream);
    if (message.byteLength <= MOST_COPIED) return this.#stream.write(framed(message), taken);
    this.#stream.cork();
    this.#stream.write(headOf(message));
    const hasRoom = this.#stream.write(message, taken);
    this.#stream.uncork();
    return hasRoom;
  }

  /** Resolves when there is room again, or nobody takes the answer any more. */
  drained(): Promise<void> {
    if (this.caller.isGone) return Promise.resolve();
    const drained = new Promise<void>((resolve) => this.#stream.once('drain', resolve));
    return Promise.race([drained, this.caller.left]);
  }

  /** Closes it when its client takes nothing of what was sent. */
  watch(): void {
    this.#guard.watch(this.#stream);
  }

  /** Behind the messages that were sent; does nothing to an answer that is over. */
  end(status: RpcStatus): void {
    if (this.#isClosed() || this.#status !== undefined) return;
    this.#status = status;
    if (this.#stream.headersSent) this.#stream.end();
    else {
      this.#stream.respond(this.#with({ ...BEGINNING, ...trailersOf(status) }), WITHOUT_MESSAGES);
      if (!this.#stream.readableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR);
      this.#leave();
    }
  }

  #sendTrailers(): void {
    this.#stream.sendTrailers(this.#status === undefined ? OK_TRAILERS : trailersOf(this.#status));
    this.#leave();
  }

  #with(own: Readonly<Record<string, string | number>>): Record<string, string | number> {
    return this.#headers === undefined ? own : { ...this.#headers, ...own };
  }

  #isClosed(): boolean {
    return this.caller.isGone || this.#stream.destroyed || this.#stream.closed;
  }

  #leave(): void {
    clearTimeout(this.#deadlineTimer);
    this.caller.leave();
  }
}

function trailersOf({ code, message }: RpcStatus): Record<string, string | number> {
  if (code === 'OK') return OK_TRAILERS;
  return { 'grpc-status': RPC_CODES[code], 'grpc-message': encodeURI(Buffer.from(message).toString()) };
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.byteLength);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.byteLength, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

function headOf({ byteLength }: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(byteLength, 1);
  return head;
}
