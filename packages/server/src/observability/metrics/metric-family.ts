/** A metric by one name with its labelled series, as prom-client's registry wants it. */
import type { Metric, Registry } from 'prom-client';
import { Counter, Gauge, Histogram, type Taken } from './series.ts';

/** What a series of each kind is. */
export interface SeriesOfKind {
  /** Goes up. */
  readonly counter: Counter;
  /** Goes up and down. */
  readonly gauge: Gauge;
  /** Counts observations by buckets. */
  readonly histogram: Histogram;
}

/** Prometheus' word for what a metric does. */
export type MetricKind = keyof SeriesOfKind;

/** What is known of a metric beside its name. */
export interface MetricDefinition<K extends MetricKind = MetricKind, L extends string = string> {
  /** What it does. */
  readonly kind: K;
  /** TorchServe's word for it: `Count`, `Milliseconds`, … */
  readonly unit: string;
  /** Names of the labels, in the order in which they are shown. */
  readonly labels: readonly L[];
  /** A sentence for people, shown above the series. */
  readonly help: string;
  /** Upper bounds of a histogram's buckets; prom-client's own when absent. */
  readonly buckets?: readonly number[];
}

/** A value for each label. */
export type LabelValues<L extends string = string> = Readonly<Record<L, string>>;

interface LabelledSeries<K extends MetricKind> {
  readonly labels: LabelValues;
  readonly metric: SeriesOfKind[K];
}

/** The labels of a series are put on when the family is read, for prom-client's registry. */
export class MetricFamily<K extends MetricKind = MetricKind, L extends string = string> {
  /** As Prometheus reads it. */
  readonly name: string;
  /** Kind, unit, labels and help. */
  readonly definition: MetricDefinition<K, L>;
  readonly #series = new Map<string, LabelledSeries<K>>();

  constructor(name: string, definition: MetricDefinition<K, L>) {
    this.name = name;
    this.definition = definition;
  }

  /** Number of series. */
  get size(): number {
    return this.#series.size;
  }

  /** The series with these label values, made on first use: to be kept by those who use it often. */
  series(labels: LabelValues<L>): SeriesOfKind[K] {
    const key = this.#keyOf(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known.metric;
    const metric = CREATE[this.definition.kind](this);
    this.#series.set(key, { labels: { ...labels }, metric });
    return metric;
  }

  /** Takes away the series with these label values, if there is one. */
  remove(labels: LabelValues<L>): void {
    this.#series.delete(this.#keyOf(labels));
  }

  /** Takes from each series what it has counted. */
  take(): { readonly labels: LabelValues; readonly taken: Taken }[] {
    return [...this.#series.values()].flatMap(({ labels, metric }) => {
      const taken = metric.take();
      return taken === undefined ? [] : [{ labels, taken }];
    });
  }

  /** Puts the family into a registry, which calls `get` to read it. */
  register(registry: Registry): void {
    // The registry reads `name` and `get()`; its type asks for one of prom-client's own classes.
    registry.registerMetric(this as unknown as Metric);
  }

  /** All values of all series, in prom-client's form. */
  get(): Promise<object> {
    const { kind, help, unit } = this.definition;
    const values = [...this.#series.values()].flatMap(labelledValues);
    return Promise.resolve({ name: this.name, type: kind, help: `${help}, unit: ${unit}`, aggregator: 'sum', values });
  }

  #keyOf(labels: LabelValues<L>): string {
    return JSON.stringify(this.definition.labels.map((name) => labels[name]));
  }
}

/** Names of the samples that a metric shows. */
export function sampleNames(name: string, kind: MetricKind): string[] {
  return kind === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

const CREATE: { readonly [K in MetricKind]: (family: MetricFamily<K>) => SeriesOfKind[K] } = {
  counter: () => new Counter(),
  gauge: () => new Gauge(),
  histogram: ({ name, definition: { buckets } }) => new Histogram(name, buckets),
};

function labelledValues({ labels, metric }: LabelledSeries<MetricKind>): object[] {
  return metric.values.map((value) => ({ ...value, sharedLabels: labels }));
}
