/**
 * Frames between daemon and worker: a fixed prefix, a JSON header, raw bytes. Both ends use this file.
 *
 *     u32 length of what follows │ u8 version │ u8 kind │ u32 id │ u32 header length │ header │ payload      (big-endian)
 */

const VERSION = 1;
const PREFIX_BYTES = 14;
/** Bytes of the prefix that the length does not count: the length itself. */
const UNCOUNTED_BYTES = 4;
/** Bytes of the widest number that a tensor holds. */
const ALIGNMENT = 8;

export interface Frame {
  /** See `message.ts`. */
  readonly kind: number;
  /** Ties an answer to its question. */
  readonly id: number;
  /** JSON. */
  readonly header: unknown;
  readonly payload: Buffer;
}

/** The chunks of a frame, to be written in this order. The payload's chunks are passed on, not copied. */
export function encodeFrame(frame: Omit<Frame, 'payload'>, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const header = Buffer.from(JSON.stringify(frame.header));
  const payloadBytes = payload.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const end = PREFIX_BYTES + header.length;
  // Spaces behind the header let the worker read the payload's numbers where they are.
  const head = Buffer.alloc(Math.ceil(end / ALIGNMENT) * ALIGNMENT, ' ');
  head.writeUInt32BE(head.length - UNCOUNTED_BYTES + payloadBytes, 0);
  head.writeUInt8(VERSION, 4);
  head.writeUInt8(frame.kind, 5);
  head.writeUInt32BE(frame.id, 6);
  head.writeUInt32BE(head.length - PREFIX_BYTES, 10);
  header.copy(head, PREFIX_BYTES);
  return [head, ...payload];
}

/** Puts frames together from chunks of any size. */
export class FrameDecoder {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** @param maxBytes longest frame that is accepted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that this chunk completes. @throws Error for bytes that are no frame, or one that is too long */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Frame[] = [];
    for (let length = this.#nextLength(); length <= this.#bytes; length = this.#nextLength()) {
      frames.push(decodeFrame(this.#take(length)));
    }
    return frames;
  }

  /** Length of the next frame with its prefix; Infinity while it is not known. */
  #nextLength(): number {
    if (this.#bytes < 4) return Infinity;
    if ((this.#chunks[0]?.length ?? 0) < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    const counted = this.#chunks[0]?.readUInt32BE(0) ?? 0;
    if (counted < PREFIX_BYTES - UNCOUNTED_BYTES) throw new Error(`not a frame: its length is ${counted}`);
    if (counted + UNCOUNTED_BYTES > this.#maxBytes) {
      throw new Error(
        `a frame of ${counted + UNCOUNTED_BYTES} bytes is longer than the limit of ${this.#maxBytes} bytes`,
      );
    }
    return counted + UNCOUNTED_BYTES;
  }

  /** Takes bytes off the front; copies only when they span chunks. */
  #take(length: number): Buffer {
    const [first] = this.#chunks;
    const all = first !== undefined && first.length >= length ? first : Buffer.concat(this.#chunks);
    const rest = all === first ? this.#chunks.slice(1) : [];
    if (all.length > length) rest.unshift(all.subarray(length));
    this.#chunks = rest;
    this.#bytes -= length;
    return all.subarray(0, length);
  }
}

function decodeFrame(bytes: Buffer): Frame {
  const version = bytes.readUInt8(4);
  if (version !== VERSION) throw new Error(`a frame of version ${version}, expected ${VERSION}`);
  const headerEnd = PREFIX_BYTES + bytes.readUInt32BE(10);
  if (headerEnd > bytes.length) throw new Error('a frame whose header is longer than itself');
  return {
    kind: bytes.readUInt8(5),
    id: bytes.readUInt32BE(6),
    header: JSON.parse(bytes.toString('utf8', PREFIX_BYTES, headerEnd)) as unknown,
    payload: bytes.subarray(headerEnd),
  };
}
