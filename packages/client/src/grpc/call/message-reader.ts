/** The messages of an answer, of the pieces that come. */
import { HEAD_BYTES } from './message-frame.ts';
import { RpcFailure } from './rpc-failure.ts';

/** A message as it came. */
export interface FramedMessage {
  /** Whether `grpc-encoding` is to be undone. */
  readonly isCompressed: boolean;
  /** Without its head. */
  readonly bytes: Buffer;
}

/** Sets nothing aside for what has not come. */
export class MessageReader {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Of the next message, with its head; until that is there, of the head. */
  #needed = HEAD_BYTES;

  /** @param most bytes of a message */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a message has begun that is not there yet. */
  get isWithin(): boolean {
    return this.#bytes > 0;
  }

  /** The messages that are there with this piece. @throws RpcFailure for one that is too long */
  take(piece: Buffer): FramedMessage[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const messages: FramedMessage[] = [];
    while (this.#bytes >= this.#needed) {
      const bytes = this.#joined();
      if (this.#needed === HEAD_BYTES) this.#needed += this.#lengthIn(bytes);
      if (bytes.length < this.#needed) break;
      messages.push({ isCompressed: bytes[0] === 1, bytes: bytes.subarray(HEAD_BYTES, this.#needed) });
      this.#leave(bytes.subarray(this.#needed));
    }
    return messages;
  }

  #lengthIn(head: Buffer): number {
    const length = head.readUInt32BE(1);
    if (length <= this.#most) return length;
    throw new RpcFailure(`expected a message of at most ${this.#most} bytes, got one of ${length}`);
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    if (first !== undefined && this.#pieces.length === 1) return first;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  #leave(rest: Buffer): void {
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#needed = HEAD_BYTES;
  }
}
