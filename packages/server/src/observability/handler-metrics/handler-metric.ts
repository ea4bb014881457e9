/** The metric that a handler's sample belongs to. */
import type { HandlerSeries } from '../../core/metrics.ts';
import type { MetricDefinition } from '../metrics/metric-family.ts';
import { DURATION_BUCKETS } from '../metrics/metric-table.ts';

/** On every metric of a handler; they win over dimensions of the same names. */
const MODEL_LABELS: readonly string[] = ['ModelName', 'Level', 'Hostname'];

/** Defines the metric of a sample: labels of the model first, then the dimensions in alphabetical order. */
export function metricOf(sample: HandlerSeries): MetricDefinition {
  const { kind, unit } = sample;
  return {
    kind,
    unit: unitName(unit),
    labels: [...MODEL_LABELS, ...ownDimensions(sample)],
    help: `A handler's ${kind}`,
    buckets: bucketsFor(unit),
  };
}

/** Whether a sample can be added to a metric: kind, unit and the names of its dimensions are the same. */
export function fits({ kind, unit, labels }: MetricDefinition, sample: HandlerSeries): boolean {
  if (sample.kind !== kind || unitName(sample.unit) !== unit) return false;
  const own = ownDimensions(sample);
  return own.length === labels.length - MODEL_LABELS.length && own.every((name) => labels.includes(name));
}

/** What all samples of one metric must share, in words. */
export function shapeOf({ kind, unit, labels }: MetricDefinition): string {
  return `${kind} in ${unit} with labels ${labels.join(', ')}`;
}

/** The values of a sample's labels. */
export function labelsOf(sample: HandlerSeries, model: string, hostname: string): Record<string, string> {
  const own = ownDimensions(sample).map((name) => [name, String(sample.dimensions[name])]);
  return { ModelName: model, Level: 'Model', Hostname: hostname, ...Object.fromEntries(own) };
}

function ownDimensions({ dimensions }: HandlerSeries): string[] {
  return Object.keys(dimensions)
    .filter((name) => !MODEL_LABELS.includes(name))
    .sort();
}

/** TorchServe's long name of a unit; any other unit is its own name. */
function unitName(unit: string): string {
  return UNITS.get(unit) ?? unit;
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ['ms', 'Milliseconds'],
  ['s', 'Seconds'],
  ['percent', 'Percent'],
  ['count', 'Count'],
  ['MB', 'Megabytes'],
  ['GB', 'Gigabytes'],
  ['kB', 'Kilobytes'],
  ['B', 'Bytes'],
]);

/** Times from 0.5 ms to a minute, percentages by tens, anything else by powers of ten. */
function bucketsFor(unit: string): readonly number[] {
  if (unit === 's') return DURATION_BUCKETS;
  if (unit === 'ms') return DURATION_BUCKETS.map((seconds) => seconds * 1000);
  return unit === 'percent' ? TENS : POWERS_OF_TEN;
}

const TENS = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
const POWERS_OF_TEN = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
