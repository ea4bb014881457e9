/**
 * Frames between daemon and worker. Both ends use this file, and are on one machine: numbers are in its own byte order, and
 * each line begins at a multiple of eight bytes, where numbers of any width can be read in their place.
 *
 *     u32 bytes of the whole frame │ u32 version │ u64 id
 *     u32 kind │ u32 how many numbers │ u32 bytes of the text │ u32 bytes of the payload
 *     numbers, u32 each │ text, UTF-8
 *     payload
 *
 * What the numbers and the text are depends on the kind. `run` and `reply`, which every request needs, have theirs in
 * `run-message.ts` and `reply-message.ts`; all others have a text alone, which is JSON.
 */
import type { FieldWriter } from './fields.ts';

const VERSION = 2;
const PREFIX_BYTES = 32;
const WORD_BYTES = 4;
/** How many values a word has. */
const WORD = 2 ** 32;
/** Bytes of the widest number that a tensor holds. */
const ALIGNMENT = 8;

/** One frame, taken apart. */
export interface Frame {
  /** See `message.ts`. */
  readonly kind: number;
  /** Ties an answer to its question. */
  readonly id: number;
  /** See `fields.ts`. */
  readonly numbers: Uint32Array;
  /** All texts of the header. */
  readonly text: string;
  /** Length of both. */
  readonly headerBytes: number;
  /** The raw bytes behind the header; empty for most kinds. */
  readonly payload: Buffer;
}

/** A frame before it is written. */
export interface FrameContent {
  /** See `message.ts`. */
  readonly kind: number;
  /** Ties an answer to its question. */
  readonly id: number;
  /** Its header. */
  readonly fields: Pick<FieldWriter, 'numbers' | 'text'>;
  /** Its payload, in pieces. */
  readonly payload: readonly Uint8Array[];
}

/** Smaller payloads are put together with their header: a piece of its own costs more than copying it. */
const MOST_COPIED_BYTES = 32 * 1024;
const FILLINGS = Array.from({ length: ALIGNMENT }, (_, bytes) => Buffer.alloc(bytes));

/** The zeros before so many bytes that make them end at a multiple of eight, where they begin at one. */
export function fillingBefore(bytes: number): Buffer {
  return FILLINGS[aligned(bytes) - bytes] as Buffer;
}

/** The chunks of a frame, to be written in this order. A large payload is passed on, not copied. */
export function encodeFrame({ kind, id, fields: { numbers, text }, payload }: FrameContent): Uint8Array[] {
  const textBytes = Buffer.byteLength(text);
  const payloadBytes = bytesOf(payload);
  const textStart = PREFIX_BYTES + WORD_BYTES * numbers.length;
  const payloadStart = aligned(textStart + textBytes);
  const payloadEnd = payloadStart + payloadBytes;
  const end = aligned(payloadEnd);
  const isCopied = payloadBytes <= MOST_COPIED_BYTES;
  const bytes = Buffer.allocUnsafe(isCopied ? end : payloadStart);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, textStart / WORD_BYTES);
  writeWords(words, [end, VERSION, id % WORD, Math.floor(id / WORD), kind, numbers.length, textBytes, payloadBytes], 0);
  writeWords(words, numbers, PREFIX_BYTES / WORD_BYTES);
  bytes.write(text, textStart);
  clear(bytes, textStart + textBytes, payloadStart);
  if (!isCopied) return [bytes, ...payload, fillingBefore(payloadBytes)];
  copyChunks(bytes, payload, payloadStart);
  clear(bytes, payloadEnd, end);
  return [bytes];
}

// Loops, because in a worker its handler may have replaced the methods of lists.

/** Their length together. */
export function bytesOf(chunks: readonly Uint8Array[]): number {
  let bytes = 0;
  for (let index = 0; index < chunks.length; index += 1) bytes += (chunks[index] as Uint8Array).byteLength;
  return bytes;
}

function writeWords(words: Uint32Array, values: readonly number[], start: number): void {
  for (let index = 0; index < values.length; index += 1) words[start + index] = values[index] as number;
}

function copyChunks(target: Buffer, chunks: readonly Uint8Array[], start: number): void {
  let offset = start;
  for (let index = 0; index < chunks.length; index += 1) {
    const chunk = chunks[index] as Uint8Array;
    target.set(chunk, offset);
    offset += chunk.byteLength;
  }
}

/** What was in the memory before is nobody's business. */
function clear(bytes: Buffer, start: number, end: number): void {
  for (let index = start; index < end; index += 1) bytes[index] = 0;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** What a frame may be; sizes in bytes. */
export interface FrameLimits {
  /** Longest frame, its prefix included. */
  readonly maxBytes: number;
  /** Longest header: its numbers and its text. */
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
  #words = wordsOf(this.#memory);
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
      frames[frames.length] = this.#frame(length);
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
    if (this.#end - this.#start < WORD_BYTES) return Infinity;
    const length = this.#words[this.#start / WORD_BYTES] as number;
    if (length < PREFIX_BYTES || length % ALIGNMENT > 0) throw new Error(`not a frame: its length is ${length}`);
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
    const size = aligned(Math.max(SLAB_BYTES, Math.min(needed, ahead)));
    if (this.#start === 0 && size <= this.#memory.length && this.#memory.length - this.#end >= LEAST_ROOM) return;
    const memory = Buffer.allocUnsafeSlow(size);
    this.#end = this.#memory.copy(memory, 0, this.#start, this.#end);
    this.#start = 0;
    this.#memory = memory;
    this.#words = wordsOf(memory);
  }

  /** @param length of the frame, all of which is there */
  #frame(length: number): Frame {
    const start = this.#start;
    const word = (index: number) => this.#words[start / WORD_BYTES + index] as number;
    const version = word(1);
    if (version !== VERSION) throw new Error(`a frame of version ${version}, expected ${VERSION}`);
    const [numberBytes, textBytes, payloadBytes] = [WORD_BYTES * word(5), word(6), word(7)];
    const headerBytes = numberBytes + textBytes;
    const { maxHeaderBytes } = this.#limits;
    if (headerBytes > maxHeaderBytes)
      throw new Error(`a frame whose header has ${headerBytes} bytes, ${maxHeaderBytes} at most`);
    const textStart = start + PREFIX_BYTES + numberBytes;
    const payloadStart = aligned(textStart + textBytes);
    const payloadEnd = payloadStart + payloadBytes;
    if (aligned(payloadEnd) !== start + length)
      throw new Error(`a frame whose parts are not the ${length} bytes that it has`);
    const memory = this.#memory;
    return {
      kind: word(4),
      id: word(2) + WORD * word(3),
      numbers: new Uint32Array(memory.buffer, start + PREFIX_BYTES, numberBytes / WORD_BYTES),
      text: memory.toString('utf8', textStart, textStart + textBytes),
      headerBytes,
      payload: memory.subarray(payloadStart, payloadEnd),
    };
  }
}

function wordsOf(memory: Buffer): Uint32Array {
  return new Uint32Array(memory.buffer, 0, memory.length / WORD_BYTES);
}
