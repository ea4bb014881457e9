/** A component's own metrics: checked, and published as those of any handler. */
import type { HandlerMetrics } from '../handler.ts';
import { isPlainObject } from '../model-config.ts';
import { valueText } from '../tensor/tensor-json.ts';
import type { SeldonMetric } from './seldon-message.ts';

/** A metric that a component gave, and that is none; the answer says so in Seldon's words. */
export class BadMetricError extends Error {
  override readonly name = 'BadMetricError';
}

/** @throws BadMetricError for what is no list of metrics, naming the one that is none */
export function checkMetrics(metrics: unknown): readonly SeldonMetric[] {
  if (!Array.isArray(metrics))
    throw new BadMetricError(`Bad metric: expected a list of metrics, got ${valueText(metrics)}`);
  for (const metric of metrics) {
    if (isMetric(metric)) continue;
    const got = JSON.stringify(metric)?.slice(0, 200);
    throw new BadMetricError(
      `Bad metric: expected {"type": "COUNTER" | "GAUGE" | "TIMER", "key": …, "value": a number}, got ${got}`,
    );
  }
  return metrics as SeldonMetric[];
}

const TYPES = ['COUNTER', 'GAUGE', 'TIMER'];

function isMetric(metric: unknown): metric is SeldonMetric {
  if (!isPlainObject(metric)) return false;
  const { type, key, value, tags = {} } = metric;
  return TYPES.includes(type as string) && typeof key === 'string' && Number.isFinite(value) && isPlainObject(tags);
}

/** Timers, which are milliseconds, become histograms of seconds. @throws TypeError, RangeError for names and values that no metric has */
export function publishMetrics(metrics: HandlerMetrics, samples: readonly SeldonMetric[], method: string): void {
  for (const { type = 'COUNTER', key, value, tags } of samples) {
    const dimensions = { ...tags, method };
    if (type === 'COUNTER') metrics.addCounter(key, value, { dimensions });
    else if (type === 'GAUGE') metrics.addGauge(key, value, { dimensions });
    else metrics.addHistogram(key, value / 1000, { dimensions, unit: 's' });
  }
}
