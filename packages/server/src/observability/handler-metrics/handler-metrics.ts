/** The metrics that handlers report: made at first sight, bounded per model, removed with the model. */
import type { Registry } from 'prom-client';
import { Counter, Histogram } from '../metrics/series.ts';
import type { Logger } from '../../core/logger.ts';
import type { HandlerSeries } from '../../core/metrics.ts';
import { fits, labelsOf, metricOf, shapeOf } from './handler-metric.ts';
import { metricProblem, sampleProblem, shown } from './handler-sample.ts';
import { MetricFamily, sampleNames, type SeriesOfKind } from '../metrics/metric-family.ts';
import { SeriesGroup } from '../metrics/series-group.ts';

/** A handler that reports nonsense is told so for this many of its metrics. */
const MAX_WARNINGS = 100;

/** Where the metrics of handlers go, and how many there may be. */
export interface HandlerMetricsOptions {
  /** Where the handlers' metrics go. */
  readonly registry: Registry;
  /** Value of the label `Hostname`. */
  readonly hostname: string;
  /** Is told of a metric that is not counted, once per model. */
  readonly logger: Logger;
  /** Series that one model can have. */
  readonly maxSeries: number;
  /** Names of samples that handlers cannot use. */
  readonly reserved: Iterable<string>;
}

/** Adds a value to a series. */
type AddValue = (value: number) => void;

interface ModelState {
  readonly name: string;
  readonly group: SeriesGroup;
  /** By metric and label values. */
  readonly series: Map<string, AddValue>;
  /** Metrics that the log has told about. */
  readonly warned: Set<string>;
}

/** Never throws: a sample that cannot be shown is a line in the log, one per metric and model. */
export class HandlerMetrics {
  readonly #options: HandlerMetricsOptions;
  readonly #families = new Map<string, MetricFamily>();
  readonly #models = new Map<string, ModelState>();
  readonly #takenNames: Set<string>;

  constructor(options: HandlerMetricsOptions) {
    this.#options = options;
    this.#takenNames = new Set(options.reserved);
  }

  /** Takes the samples of one model; those of no known series open one. */
  record(modelName: string, samples: readonly HandlerSeries[]): void {
    const model = this.#model(modelName);
    for (const given of samples) {
      const sample = { ...given, dimensions: given.dimensions ?? {} };
      const problem = sampleProblem(sample) ?? this.#add(model, sample);
      if (problem !== undefined) this.#warn(model, sample.name, problem);
    }
  }

  /** Removes the model's series, and the metrics that no other model reports. */
  removeModel(modelName: string): void {
    this.#models.get(modelName)?.group.close();
    this.#models.delete(modelName);
  }

  #model(name: string): ModelState {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const model = { name, group: new SeriesGroup(), series: new Map<string, AddValue>(), warned: new Set<string>() };
    this.#models.set(name, model);
    return model;
  }

  /** @returns why the sample was not added */
  #add(model: ModelState, sample: HandlerSeries): string | undefined {
    const problem = this.#mismatch(sample);
    if (problem !== undefined) return problem;
    const labels = labelsOf(sample, model.name, this.#options.hostname);
    const key = JSON.stringify([sample.name, labels]);
    const { maxSeries } = this.#options;
    if (!model.series.has(key) && model.series.size >= maxSeries)
      return `the model has ${maxSeries} series already, each combination of a metric and values of its dimensions being one`;
    const add = model.series.get(key) ?? this.#open(model, sample, labels);
    model.series.set(key, add);
    for (const value of sample.values) add(value);
  }

  /** Why the sample fits neither the metric of its name nor a new one. */
  #mismatch(sample: HandlerSeries): string | undefined {
    const known = this.#families.get(sample.name)?.definition;
    if (known === undefined) return metricProblem(sample) ?? this.#nameClash(sample);
    if (fits(known, sample)) return undefined;
    return `it is known as a ${shapeOf(known)}, and came as a ${shapeOf(metricOf(sample))}`;
  }

  #nameClash({ name, kind }: HandlerSeries): string | undefined {
    const taken = sampleNames(name, kind).find((each) => this.#takenNames.has(each));
    return taken && `${taken} is another metric already`;
  }

  #open(model: ModelState, sample: HandlerSeries, labels: Record<string, string>): AddValue {
    const family = this.#families.get(sample.name) ?? this.#create(sample);
    const metric = model.group.open(family, labels, () => {
      if (family.size === 0) this.#drop(family);
    });
    return adder(metric);
  }

  #create(sample: HandlerSeries): MetricFamily {
    const family = new MetricFamily(sample.name, metricOf(sample));
    this.#families.set(sample.name, family);
    for (const name of sampleNames(sample.name, sample.kind)) this.#takenNames.add(name);
    family.register(this.#options.registry);
    return family;
  }

  #drop({ name, definition }: MetricFamily): void {
    this.#families.delete(name);
    for (const each of sampleNames(name, definition.kind)) this.#takenNames.delete(each);
    this.#options.registry.removeSingleMetric(name);
  }

  #warn(model: ModelState, metric: string, problem: string): void {
    const name = shown(metric);
    if (model.warned.has(name) || model.warned.size >= MAX_WARNINGS) return;
    model.warned.add(name);
    const last = model.warned.size === MAX_WARNINGS ? '; no more such warnings for this model' : '';
    this.#options.logger.warn(`metric ${name} of model "${model.name}" is not counted: ${problem}${last}`);
  }
}

function adder(metric: SeriesOfKind[keyof SeriesOfKind]): AddValue {
  if (metric instanceof Counter) return (value) => metric.inc(value);
  return metric instanceof Histogram ? (value) => metric.observe(value) : (value) => metric.set(value);
}
