/** What the requests of a batch count, told once for each thing: they count the same few things at the same time. */
import type { HandlerMetrics } from '../handler.ts';

/** Where it is told. */
export type CountingMetrics = Pick<HandlerMetrics, 'addCounter'>;

interface Count {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  times: number;
}

/** The counts of one turn of the event loop. */
export class TurnCounts {
  static readonly #known = new WeakMap<CountingMetrics, TurnCounts>();
  readonly #metrics: CountingMetrics;
  #counts = new Map<string, Count>();

  private constructor(metrics: CountingMetrics) {
    this.#metrics = metrics;
  }

  /** One for each model. */
  static of(metrics: CountingMetrics): TurnCounts {
    const known = TurnCounts.#known.get(metrics);
    if (known !== undefined) return known;
    const first = new TurnCounts(metrics);
    TurnCounts.#known.set(metrics, first);
    return first;
  }

  /** It has happened once more; told at the end of this turn, before anything is answered. */
  add(name: string, dimensions: Readonly<Record<string, string>>): void {
    if (this.#counts.size === 0) queueMicrotask(() => this.#tell());
    let key = name;
    for (const dimension of Object.keys(dimensions)) key += `\n${dimensions[dimension]}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { name, dimensions, times: 1 });
    else known.times += 1;
  }

  #tell(): void {
    const counts = this.#counts;
    this.#counts = new Map();
    for (const { name, dimensions, times } of counts.values()) this.#metrics.addCounter(name, times, { dimensions });
  }
}
