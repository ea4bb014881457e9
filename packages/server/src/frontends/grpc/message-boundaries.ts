/** Finds in the bytes of a gRPC stream where its messages end, without keeping them. */

/** Whether it is compressed, and its length (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const HEAD_BYTES = 5;

/** Of one stream, whose bytes come in any pieces. */
export class MessageBoundaries {
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #left = 0;

  /** @returns how many of these bytes, the next of the stream, are of a message that goes on behind them */
  partOf(bytes: Buffer): number {
    let at = 0;
    let start = 0;
    while (at < bytes.length) {
      if (this.#headBytes < HEAD_BYTES) at = this.#takeHead(bytes, at);
      const taken = Math.min(this.#left, bytes.length - at);
      at += taken;
      this.#left -= taken;
      if (this.#headBytes < HEAD_BYTES || this.#left > 0) continue;
      this.#headBytes = 0;
      start = at;
    }
    return bytes.length - start;
  }

  #takeHead(bytes: Buffer, at: number): number {
    const copied = bytes.copy(this.#head, this.#headBytes, at, at + HEAD_BYTES - this.#headBytes);
    this.#headBytes += copied;
    if (this.#headBytes === HEAD_BYTES) this.#left = this.#head.readUInt32BE(1);
    return at + copied;
  }
}
