/** Which parts of a memory are in use: a few large ones, taken and given back in any order. */
import type { SharedPlace } from '../../wire/run-message.ts';

/** The parts of one memory; none of those that are taken overlap. */
export class SharedPlaces {
  readonly #capacity: number;
  /** By their offsets. */
  readonly #taken: SharedPlace[] = [];

  /** @param capacity in bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether there is a place of so many bytes, in one piece. */
  has(size: number): boolean {
    return this.#gapFor(size) !== undefined;
  }

  /** The first place of so many bytes; undefined when there is none. */
  take(size: number): SharedPlace | undefined {
    const gap = this.#gapFor(size);
    if (gap === undefined) return undefined;
    const place = { offset: gap.offset, size };
    this.#taken.splice(gap.index, 0, place);
    return place;
  }

  /** Gives back a place that was taken here. */
  release(place: SharedPlace): void {
    const index = this.#taken.indexOf(place);
    if (index >= 0) this.#taken.splice(index, 1);
  }

  /** Where it would be, and before which of those that are taken. */
  #gapFor(size: number): { readonly offset: number; readonly index: number } | undefined {
    let offset = 0;
    for (const [index, taken] of this.#taken.entries()) {
      if (offset + size <= taken.offset) return { offset, index };
      offset = taken.offset + taken.size;
    }
    return offset + size <= this.#capacity ? { offset, index: this.#taken.length } : undefined;
  }
}
