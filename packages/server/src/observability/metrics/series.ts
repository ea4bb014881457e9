/**
 * One series of each kind: plain numbers that are read at the scrape. Those of prom-client look a labelled series up, check
 * and box every value, which took a twentieth of the daemon's time when it was busy.
 */

/** A value as prom-client's registry writes it. */
export interface SeriesValue {
  /** Of the sample, where it is not that of the metric. */
  readonly metricName?: string;
  /** Beside those of the series. */
  readonly labels: Readonly<Record<string, string | number>>;
  /** The number itself. */
  readonly value: number;
}

/** What a series has counted since it was last taken from; `undefined` for nothing. */
export type Taken = number | TakenHistogram | undefined;

/** Of a histogram. */
export interface TakenHistogram {
  /** Of each bucket alone. */
  readonly counts: readonly number[];
  /** Of the values. */
  readonly sum: number;
}

/** Goes up. */
export class Counter {
  #value = 0;

  /** Adds to it. @throws RangeError for what is no number from 0 */
  inc(by = 1): void {
    if (!(by >= 0 && by < Infinity)) throw new RangeError(`a counter cannot go up by ${by}`);
    this.#value += by;
  }

  /** Begins again at 0. */
  reset(): void {
    this.#value = 0;
  }

  /** What it has counted, which is another process's from now on. */
  take(): number | undefined {
    const value = this.#value;
    this.#value = 0;
    return value === 0 ? undefined : value;
  }

  /** Adds what was taken from one like it. */
  add(taken: Taken): void {
    if (typeof taken === 'number') this.inc(taken);
  }

  /** Its one value. */
  get values(): readonly SeriesValue[] {
    return [{ labels: {}, value: this.#value }];
  }
}

/** Goes up and down. */
export class Gauge {
  #value = 0;
  #isTold = true;

  /** Takes the place of the value before. */
  set(value: number): void {
    this.#value = value;
    this.#isTold = false;
  }

  /** Its value, when it was set since it was last taken. */
  take(): number | undefined {
    if (this.#isTold) return undefined;
    this.#isTold = true;
    return this.#value;
  }

  /** Takes the value over that was set elsewhere. */
  add(taken: Taken): void {
    if (typeof taken === 'number') this.set(taken);
  }

  /** Its one value. */
  get values(): readonly SeriesValue[] {
    return [{ labels: {}, value: this.#value }];
  }
}

/** Prometheus' own, in seconds. */
const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts observations by buckets. */
export class Histogram {
  readonly #name: string;
  readonly #bounds: readonly number[];
  /** Of each bucket alone; the last is of what is above all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param name of the metric @param bounds upper ones, the least first; both ends belong to a bucket */
  constructor(name: string, bounds: readonly number[] = DEFAULT_BUCKETS) {
    this.#name = name;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a value, so many times. */
  observe(value: number, times = 1): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
    this.#sum += value * times;
  }

  /** What it has counted, which is another process's from now on. */
  take(): TakenHistogram | undefined {
    const taken = { counts: [...this.#counts], sum: this.#sum };
    this.#counts.fill(0);
    this.#sum = 0;
    return taken.counts.some((count) => count > 0) ? taken : undefined;
  }

  /** Adds what was taken from one like it. */
  add(taken: Taken): void {
    if (typeof taken !== 'object') return;
    for (const [bucket, count] of taken.counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#sum += taken.sum;
  }

  /** How many are at most as large as each bound, their sum, and how many there are. */
  get values(): readonly SeriesValue[] {
    let count = 0;
    const buckets = [...this.#counts].map((own, index) => {
      count += own;
      return { metricName: `${this.#name}_bucket`, labels: { le: this.#bounds[index] ?? '+Inf' }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels: {}, value: this.#sum },
      { metricName: `${this.#name}_count`, labels: {}, value: count },
    ];
  }
}
