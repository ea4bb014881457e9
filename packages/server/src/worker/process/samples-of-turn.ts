/** What a handler measures, on its way to the daemon. */
import type { MetricSample, MetricSeries } from '@marserve/handlers/context';
import { MAX_SAMPLES } from '../../wire/worker-message.ts';

// A handler may replace what is global.
const inTheEnd = queueMicrotask;

interface GrowingSeries extends MetricSeries {
  readonly values: number[];
}

/** Keeps messages below the longest header, however their text is written as JSON. */
const MAX_CHARS = 128 * 1024;
/** Of a value, and what parts it from the next. */
const VALUE_CHARS = 25;

/**
 * The samples of one turn of the event loop travel together, and name what they are of once: a batch of requests to a graph
 * measures the same few things again and again.
 */
export class SamplesOfTurn {
  readonly #tell: (samples: readonly MetricSeries[]) => void;
  #all: GrowingSeries[] = [];
  /** The latest of each. */
  #open = new Map<string, GrowingSeries>();

  /** @param tell takes as many as may be in one message */
  constructor(tell: (samples: readonly MetricSeries[]) => void) {
    this.#tell = tell;
  }

  /** One more; it is told at the end of this turn. */
  add({ value, ...kind }: MetricSample): void {
    if (this.#all.length === 0) inTheEnd(() => this.#flush());
    const key = keyOf(kind);
    const known = this.#open.get(key);
    if (known !== undefined && known.values.length < MAX_SAMPLES) known.values.push(value);
    else this.#begin(key, { ...kind, values: [value] });
  }

  #begin(key: string, series: GrowingSeries): void {
    this.#open.set(key, series);
    this.#all.push(series);
  }

  #flush(): void {
    const all = this.#all;
    this.#all = [];
    this.#open = new Map();
    let message: MetricSeries[] = [];
    let chars = 0;
    for (const series of all) {
      const size = charsOf(series);
      if (message.length === MAX_SAMPLES || (message.length > 0 && chars + size > MAX_CHARS)) {
        this.#tell(message);
        [message, chars] = [[], 0];
      }
      message.push(series);
      chars += size;
    }
    this.#tell(message);
  }
}

function keyOf({ name, kind, unit, dimensions }: Omit<MetricSample, 'value'>): string {
  let key = `${kind}\n${name}\n${unit}`;
  for (const [dimension, value] of Object.entries(dimensions)) key += `\n${dimension} ${value.length} ${value}`;
  return key;
}

function charsOf({ name, unit, dimensions, values }: MetricSeries): number {
  let chars = name.length + unit.length + VALUE_CHARS * values.length;
  for (const [key, value] of Object.entries(dimensions)) chars += key.length + value.length;
  return chars;
}
