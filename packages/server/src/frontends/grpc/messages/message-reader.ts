/** Cuts the bytes of a call into its messages (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
import { ServeError } from '../../../core/errors.ts';

/** Whether it is compressed, and its length. */
const HEAD_BYTES = 5;

/** A message as it came. */
export interface FramedMessage {
  /** By what the call's `grpc-encoding` names. */
  readonly isCompressed: boolean;
  /** Without its head. */
  readonly bytes: Buffer;
}

/** Of one call, whose bytes come in any pieces. */
export class MessageReader {
  readonly #maxBytes: number;
  #headBytes = 0;
  #isCompressed = false;
  #length = 0;
  #pieces: Buffer[] = [];
  #came = 0;

  /** @param maxBytes of a message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes came of a message that is not whole. */
  get partBytes(): number {
    return this.#headBytes + this.#came;
  }

  /** @returns what is whole with these bytes, the next ones @throws ServeError `request_too_large` */
  read(bytes: Buffer): FramedMessage[] {
    const messages: FramedMessage[] = [];
    let at = 0;
    while (at < bytes.length) {
      at = this.#readHead(bytes, at);
      if (this.#headBytes < HEAD_BYTES) break;
      const end = Math.min(bytes.length, at + this.#length - this.#came);
      if (end > at) this.#pieces.push(bytes.subarray(at, end));
      this.#came += end - at;
      at = end;
      if (this.#came === this.#length) messages.push(this.#finish());
    }
    return messages;
  }

  #readHead(bytes: Buffer, start: number): number {
    let at = start;
    for (; at < bytes.length && this.#headBytes < HEAD_BYTES; at += 1) {
      const byte = bytes.readUInt8(at);
      if (this.#headBytes === 0) this.#isCompressed = byte === 1;
      else this.#length = this.#length * 256 + byte;
      this.#headBytes += 1;
    }
    if (this.#length > this.#maxBytes) throw tooLarge(this.#length, this.#maxBytes);
    return at;
  }

  #finish(): FramedMessage {
    const message = { isCompressed: this.#isCompressed, bytes: join(this.#pieces) };
    this.#pieces = [];
    this.#headBytes = this.#came = this.#length = 0;
    return message;
  }
}

/** A message alone keeps no more memory alive than twice its own: what is read of a connection comes in large pieces. */
function join(pieces: readonly Buffer[]): Buffer {
  const [first, ...others] = pieces;
  const isMost = first !== undefined && others.length === 0 && first.length * 2 >= first.buffer.byteLength;
  return isMost ? first : Buffer.concat(pieces);
}

function tooLarge(bytes: number, maxBytes: number): ServeError {
  const message = `The message has ${bytes} bytes; max_request_size allows ${maxBytes} bytes.`;
  return new ServeError('request_too_large', message);
}
