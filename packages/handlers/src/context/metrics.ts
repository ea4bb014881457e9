/** A handler's own metrics, checked and handed on as samples. */
import type { HandlerMetrics, MetricOptions } from '../handler.ts';

/** One observation. */
export interface MetricSample {
  /** As the handler spelled it. */
  readonly name: string;
  /** What the value does: added to a counter, put in place of a gauge's, counted in a histogram's bucket. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Finite; at least 0 for a counter. */
  readonly value: number;
  /** As the handler spelled it. */
  readonly unit: string;
  /** `ModelName`, `Level` and the handler's own. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What was observed of one thing. */
export interface MetricSeries extends Omit<MetricSample, 'value'> {
  /** In their order; each as the value of a sample. */
  readonly values: readonly number[];
}

type Add = (name: string, value: number, options?: MetricOptions) => void;

/** What Prometheus takes as a metric's name and as a label's. */
const METRIC_NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Of a name, a unit, and a dimension with its value. */
const MAX_CHARS = 1000;
const MAX_DIMENSIONS = 30;

const TIME_UNITS = ['ms', 's'];
const SIZE_UNITS = ['MB', 'kB', 'GB', 'B'];

/** Each call gives one sample. @throws TypeError, RangeError for a name, value, unit or dimension that cannot be shown */
export function createMetrics(modelName: string, onMetric: (sample: MetricSample) => void): HandlerMetrics {
  const own = { ModelName: modelName, Level: 'Model' };
  const adder =
    (kind: MetricSample['kind'], units: readonly string[], onlyThese = false): Add =>
    (name, value, options = {}) => {
      const { unit = units[0] ?? 'count' } = options;
      checkName(name);
      checkLength(name, 'unit', unit);
      checkValue(name, value, kind);
      if (onlyThese && !units.includes(unit))
        throw new TypeError(`metric ${name}: expected unit ${units.join(' or ')}, got ${unit}`);
      onMetric({ name, kind, value, unit, dimensions: { ...own, ...checkedDimensions(name, options.dimensions) } });
    };
  return Object.freeze({
    addCounter: adder('counter', ['count']),
    addGauge: adder('gauge', ['count']),
    addHistogram: adder('histogram', ['count']),
    addTime: adder('gauge', TIME_UNITS, true),
    addSize: adder('gauge', SIZE_UNITS, true),
    addPercent: adder('gauge', ['percent'], true),
  });
}

function checkName(name: string): void {
  if (typeof name === 'string' && name.length <= MAX_CHARS && METRIC_NAME.test(name)) return;
  throw new TypeError(
    `metric ${JSON.stringify(name)}: expected a name of letters, digits, "_" and ":", not starting with a digit`,
  );
}

function checkValue(name: string, value: number, kind: MetricSample['kind']): void {
  if (!Number.isFinite(value)) throw new RangeError(`metric ${name}: expected a finite number, got ${String(value)}`);
  if (kind === 'counter' && value < 0)
    throw new RangeError(`counter ${name}: expected a value of at least 0, got ${value}`);
}

function checkedDimensions(metric: string, dimensions: MetricOptions['dimensions'] = {}): Record<string, string> {
  const checked: Record<string, string> = {};
  const entries = Object.entries(dimensions);
  if (entries.length > MAX_DIMENSIONS) throw new RangeError(`metric ${metric}: more than ${MAX_DIMENSIONS} dimensions`);
  for (const [name, value] of entries) {
    if (!LABEL_NAME.test(name))
      throw new TypeError(`metric ${metric}: ${JSON.stringify(name)} is not a dimension name`);
    checked[name] = typeof value === 'string' ? value : String(value);
    checkLength(metric, `dimension ${name.slice(0, 100)}`, name + checked[name]);
  }
  return checked;
}

function checkLength(metric: string, what: string, text: string): void {
  if (text.length > MAX_CHARS) throw new RangeError(`metric ${metric}: ${what} of more than ${MAX_CHARS} characters`);
}
