/** Counts of the last minute. */

/** A minute is so many slots of so many milliseconds: the oldest is forgotten as a whole. */
const SLOTS = 12;
const SLOT_MS = 5000;
/** What has been counted for less time is not yet a rate. */
const LEAST_SECONDS = 1;

/** What was counted, and in how long. */
export interface RecentSums {
  /** One for each column. */
  readonly counts: readonly number[];
  /** At most a minute. */
  readonly seconds: number;
}

/** Several columns of counts; times are of one clock, in milliseconds. */
export class RecentCounts {
  readonly #columns: number;
  readonly #startedAt: number;
  readonly #counts: Uint32Array;
  /** Which slot of time each row of counts is of. */
  readonly #slots = new Float64Array(SLOTS).fill(-Infinity);

  constructor(columns: number, now: number) {
    this.#columns = columns;
    this.#startedAt = now;
    this.#counts = new Uint32Array(SLOTS * columns);
  }

  /** Counts once more in a column. */
  add(column: number, now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    const row = slot % SLOTS;
    const start = row * this.#columns;
    if (this.#slots[row] !== slot) this.#counts.fill(0, start, start + this.#columns);
    this.#slots[row] = slot;
    this.#counts[start + column] = (this.#counts[start + column] ?? 0) + 1;
  }

  /** The sums of the last minute. */
  read(now: number): RecentSums {
    const oldest = Math.floor(now / SLOT_MS) - SLOTS + 1;
    const counts = Array.from({ length: this.#columns }, (_, column) => this.#sum(column, oldest));
    const seconds = (now - Math.max(oldest * SLOT_MS, this.#startedAt)) / 1000;
    return { counts, seconds: Math.max(seconds, LEAST_SECONDS) };
  }

  #sum(column: number, oldest: number): number {
    let sum = 0;
    this.#slots.forEach((slot, row) => {
      if (slot >= oldest) sum += this.#counts[row * this.#columns + column] ?? 0;
    });
    return sum;
  }
}
