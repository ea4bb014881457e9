/**
 * Frames between daemon and worker: a fixed prefix, a JSON header, raw bytes. Both ends use this file.
 *
 *     u32 length of what follows │ u8 version │ u8 kind │ u32 id │ u32 header length │ header │ payload      (big-endian)
 */
import { plainJson } from './plain-json.ts';

const VERSION = 1;
const PREFIX_BYTES = 14;
/** Bytes of the prefix that the length does not count: the length itself. */
const UNCOUNTED_BYTES = 4;
/** Bytes of the widest number that a tensor holds. */
const ALIGNMENT = 8;

/** One frame, taken apart. */
export interface Frame {
  /** See `message.ts`. */
  readonly kind: number;
  /** Ties an answer to its question. */
  readonly id: number;
  /** JSON. */
  readonly header: unknown;
  /** Its length. */
  readonly headerBytes: number;
  /** The raw bytes behind the header; empty for most kinds. */
  readonly payload: Buffer;
}

/** The chunks of a frame, to be written in this order. The payload's chunks are passed on, not copied. */
export function encodeFrame(
  frame: Pick<Frame, 'kind' | 'id' | 'header'>,
  payload: readonly Uint8Array[] = [],
): Uint8Array[] {
  const header = Buffer.from(plainJson(frame.header));
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

/** What a frame may be; sizes in bytes. */
export interface FrameLimits {
  /** Longest frame, its prefix included. */
  readonly maxBytes: number;
  /** Longest JSON header. */
  readonly maxHeaderBytes: number;
  /** Most memory that is set aside for a frame before its bytes have come: its length is only what the other end says. */
  readonly maxBytesAhead: number;
}

/** Small frames come many in one piece of memory; a larger one gets its own. */
const SLAB_BYTES = 64 * 1024;
/** A slab with less room than this is left, lest its end be filled in many small reads. */
const LEAST_ROOM = 4096;

/**
 * Puts frames together from bytes that come in pieces of any size. It has the memory into which they are read, so that a
 * large payload is where it belongs as soon as it is there.
 */
export class FrameReader {
  readonly #limits: FrameLimits;
  #memory = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** Of the frame that is not complete yet. */
  #start = 0;
  /** Of the bytes that are there. */
  #end = 0;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Where the next bytes are to be put, as many as fit; never empty. */
  get room(): Buffer {
    return this.#memory.subarray(this.#end);
  }

  /**
   * The frames that are completed by so many bytes more, at the beginning of `room`. Their memory is theirs.
   * @throws Error for bytes that are no frame, or one that is too long
   */
  accept(bytes: number): Frame[] {
    this.#end += bytes;
    const frames: Frame[] = [];
    let length = this.#nextLength();
    for (; length <= this.#end - this.#start; length = this.#nextLength()) {
      // Not pushed: in a worker, its handler may have replaced that.
      frames[frames.length] = decodeFrame(this.#memory.subarray(this.#start, this.#start + length), this.#limits);
      this.#start += length;
    }
    this.#makeRoom(length);
    return frames;
  }

  /** The same for bytes that are elsewhere: copies them. */
  push(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    for (let taken = 0; taken < bytes.length;) {
      const copied = bytes.copy(this.room, 0, taken);
      taken += copied;
      frames.push(...this.accept(copied));
    }
    return frames;
  }

  /** Length of the next frame with its prefix; Infinity while it is not known. */
  #nextLength(): number {
    if (this.#end - this.#start < UNCOUNTED_BYTES) return Infinity;
    const counted = this.#memory.readUInt32BE(this.#start);
    if (counted < PREFIX_BYTES - UNCOUNTED_BYTES) throw new Error(`not a frame: its length is ${counted}`);
    const length = counted + UNCOUNTED_BYTES;
    const { maxBytes } = this.#limits;
    if (length <= maxBytes) return length;
    throw new Error(`a frame of ${length} bytes is longer than the limit of ${maxBytes} bytes`);
  }

  /** @param length of the next frame; Infinity while it is not known */
  #makeRoom(length: number): void {
    const needed = length === Infinity ? LEAST_ROOM : length;
    if (this.#start + needed <= this.#memory.length) return;
    // What is there already is copied once more each time the memory grows.
    const ahead = Math.max(this.#limits.maxBytesAhead, 2 * (this.#end - this.#start));
    const size = Math.max(SLAB_BYTES, Math.min(needed, ahead));
    if (this.#start === 0 && size <= this.#memory.length && this.#memory.length - this.#end >= LEAST_ROOM) return;
    const memory = Buffer.allocUnsafeSlow(size);
    this.#end = this.#memory.copy(memory, 0, this.#start, this.#end);
    this.#start = 0;
    this.#memory = memory;
  }
}

function decodeFrame(bytes: Buffer, { maxHeaderBytes }: FrameLimits): Frame {
  const version = bytes.readUInt8(4);
  if (version !== VERSION) throw new Error(`a frame of version ${version}, expected ${VERSION}`);
  const headerBytes = bytes.readUInt32BE(10);
  if (headerBytes > maxHeaderBytes)
    throw new Error(`a frame whose header has ${headerBytes} bytes, ${maxHeaderBytes} at most`);
  const headerEnd = PREFIX_BYTES + headerBytes;
  if (headerEnd > bytes.length) throw new Error('a frame whose header is longer than itself');
  return {
    kind: bytes.readUInt8(5),
    id: bytes.readUInt32BE(6),
    headerBytes,
    header: JSON.parse(bytes.toString('utf8', PREFIX_BYTES, headerEnd)) as unknown,
    payload: bytes.subarray(headerEnd),
  };
}
