/** Which parts of a memory are in use, where what was taken first is given back first: a ring. */
import type { SharedPlace } from '../../wire/message.ts';

export class SharedPlaces {
  readonly #capacity: number;
  readonly #taken: SharedPlace[] = [];

  /** @param capacity in bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** A place of so many bytes; undefined when there is none in one piece. */
  take(size: number): SharedPlace | undefined {
    const offset = this.#free(size);
    if (offset === undefined) return undefined;
    const place = { offset, size };
    this.#taken.push(place);
    return place;
  }

  /** Gives back the place that was taken first. */
  release(): void {
    this.#taken.shift();
  }

  #free(size: number): number | undefined {
    const [first, last] = [this.#taken[0], this.#taken.at(-1)];
    if (first === undefined || last === undefined) return size <= this.#capacity ? 0 : undefined;
    const end = last.offset + last.size;
    if (last.offset < first.offset) return end + size <= first.offset ? end : undefined;
    if (end + size <= this.#capacity) return end;
    return size <= first.offset ? 0 : undefined;
  }
}
