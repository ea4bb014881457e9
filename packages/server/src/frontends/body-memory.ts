/**
 * Memory for large bodies, which is used again. The pieces in which Node reads a body are garbage at once then; kept until
 * the answer, they took half of the daemon's time in garbage collection while bodies of 1 MB came.
 */

const SLAB_BYTES = 256 * 1024;
/** Slabs that wait to be used again: 64 MB. */
const MOST_FREE = 256;
/** They are given to the system when no large body came for so long. */
const IDLE_MS = 10_000;

let free: Buffer[] = [];
let idleTimer: NodeJS.Timeout | undefined;

function takeSlab(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
}

function giveBack(slabs: readonly Buffer[]): void {
  if (slabs.length === 0) return;
  free.push(...slabs.slice(0, MOST_FREE - free.length));
  if (idleTimer === undefined) idleTimer = setTimeout(() => (free = []), IDLE_MS).unref();
  else idleTimer.refresh();
}

/** The memory of one body; it grows with what has come, whatever its headers claim. */
export class BodyMemory {
  #slabs: Buffer[] = [];
  /** Bytes of the last slab that are free. */
  #room = 0;

  /** Copies the bytes behind those that are there. */
  add(bytes: Buffer): void {
    for (let taken = 0; taken < bytes.length;) {
      if (this.#room === 0) {
        this.#slabs.push(takeSlab());
        this.#room = SLAB_BYTES;
      }
      const copied = bytes.copy(this.#last(), SLAB_BYTES - this.#room, taken);
      this.#room -= copied;
      taken += copied;
    }
  }

  /** The body, in its order. */
  chunks(): Buffer[] {
    return this.#slabs.length === 0
      ? []
      : [...this.#slabs.slice(0, -1), this.#last().subarray(0, SLAB_BYTES - this.#room)];
  }

  /** Lets others use it; nobody may look at the chunks any more. */
  release(): void {
    giveBack(this.#slabs);
    this.#slabs = [];
    this.#room = 0;
  }

  #last(): Buffer {
    return this.#slabs.at(-1) ?? Buffer.alloc(0);
  }
}
