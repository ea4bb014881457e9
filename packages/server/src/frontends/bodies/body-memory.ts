/**
 * Memory for bodies, however they are cut: small pieces are put together, since each would take hundreds of bytes more than
 * it has, and the slabs of large bodies are used again. The pieces in which Node reads a body are garbage at once then; kept
 * until the answer, they took half of the daemon's time in garbage collection while bodies of 1 MB came.
 */
import type { MemoryBudget } from '../memory/memory-budget.ts';

const SLAB_BYTES = 256 * 1024;
/** Slabs that wait to be used again: 64 MB. */
const MOST_FREE = 256;
/** They are given to the system when no large body came for so long. */
const IDLE_MS = 10_000;
/** Memory for pieces that are smaller than those that are kept grows with what is there, from here to a slab. */
const FIRST_BYTES = 1024;
const KEPT_BYTES = 4096;
/** Bodies up to this size stay in the pieces that Node reads. */
const SMALL_BODY_BYTES = 128 * 1024;
/** A large body is not small any more, and gets a whole slab, when a piece of this size comes. */
const LARGE_PIECE_BYTES = 16 * 1024;

const NOTHING = Buffer.alloc(0);

let free: Buffer[] = [];
let idleTimer: NodeJS.Timeout | undefined;

function giveBack(slabs: readonly Buffer[]): void {
  if (slabs.length === 0) return;
  free.push(...slabs.slice(0, MOST_FREE - free.length));
  if (idleTimer === undefined) idleTimer = setTimeout(() => (free = []), IDLE_MS).unref();
  else idleTimer.refresh();
}

/** The memory of one request's body; it grows with what has come, whatever its headers claim. */
export class BodyMemory {
  readonly #budget: MemoryBudget;
  #reserved = 0;
  #expected = 0;
  /** Bytes that were added. */
  #size = 0;
  #pieces: Buffer[] = [];
  /** Those that are used again. */
  readonly #slabs: Buffer[] = [];
  /** What small pieces are copied into. */
  #open: Buffer = NOTHING;
  /** Where in it the next bytes go, and where those begin that are not among the pieces yet. */
  #end = 0;
  #start = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Bytes that were added. */
  get size(): number {
    return this.#size;
  }

  /** Whether so many bytes in all are, or can be, taken from the budget. */
  reserve(bytes: number): boolean {
    if (bytes <= this.#reserved) return true;
    const isTaken = this.#budget.tryTake(bytes - this.#reserved);
    if (isTaken) this.#reserved = bytes;
    return isTaken;
  }

  /** The same for one that has nothing yet, and can wait. */
  async reserveWithin(timeoutMs: number, bytes: number): Promise<boolean> {
    const isTaken = await this.#budget.takeWithin(timeoutMs, bytes);
    if (isTaken) this.#reserved += bytes;
    return isTaken;
  }

  /** Tells how many bytes are to come, as their headers claim. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /** Adds bytes behind those that are there: keeps them as they are, or copies them. */
  add(bytes: Buffer): void {
    const isLarge = Math.max(this.#expected, this.#size + bytes.length) > SMALL_BODY_BYTES;
    const isKept = !isLarge && (this.#size === 0 || bytes.length >= KEPT_BYTES);
    if (isKept) {
      this.#closePiece();
      this.#pieces.push(bytes);
    } else this.#copy(bytes, isLarge && bytes.length >= LARGE_PIECE_BYTES);
    this.#size += bytes.length;
  }

  /**
   * Where the next bytes of a large body may be put, instead of being added; undefined for one that is not large.
   * @param most how many at most
   */
  room(most: number): Buffer | undefined {
    if (this.#expected <= SMALL_BODY_BYTES) return undefined;
    if (this.#end === this.#open.length) this.#openNext(true);
    return this.#open.subarray(this.#end, this.#end + most);
  }

  /** So many were put there. */
  filled(bytes: number): void {
    this.#end += bytes;
    this.#size += bytes;
  }

  /** What was added since it was last asked, in its order. */
  take(): Buffer[] {
    this.#closePiece();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  /** Lets others use it; nobody may look at what was taken out any more. */
  release(): void {
    giveBack(this.#slabs);
    this.abandon();
  }

  /** Gives it up; somebody may still look at what was taken out. */
  abandon(): void {
    this.#budget.give(this.#reserved);
    this.#reserved = 0;
    this.#slabs.length = 0;
  }

  #copy(bytes: Buffer, needsSlab: boolean): void {
    for (let taken = 0; taken < bytes.length;) {
      if (this.#end === this.#open.length) this.#openNext(needsSlab);
      const copied = bytes.copy(this.#open, this.#end, taken);
      this.#end += copied;
      taken += copied;
    }
  }

  #openNext(needsSlab: boolean): void {
    this.#closePiece();
    const isToCome = this.#expected > this.#size ? this.#expected - this.#size : Infinity;
    const length = needsSlab ? SLAB_BYTES : Math.min(SLAB_BYTES, Math.max(FIRST_BYTES, Math.min(this.#size, isToCome)));
    const isSlab = length === SLAB_BYTES;
    this.#open = (isSlab ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(length);
    if (isSlab) this.#slabs.push(this.#open);
    this.#end = 0;
    this.#start = 0;
  }

  #closePiece(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#open.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
