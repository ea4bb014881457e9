/** Numbers as people read them. */
import { METRICS, type Metric } from './sample.ts';
import type { Verdict } from './result.ts';
import type { Goal } from './scenario.ts';
import type { Summary } from './statistics.ts';

/** Three digits that count, e.g. 12.3k, 456, 0.0123. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`;
  return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 4 : 3)));
}

/** E.g. `81 bytes`, `15.5 KB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${formatNumber(bytes / 1000)} KB`;
}

/** The median with its unit, e.g. `12.3k/s`. */
export function formatValue(value: number, metric: Metric): string {
  const { unit } = METRICS[metric];
  return `${formatNumber(value)}${unit.startsWith('/') ? '' : ' '}${unit}`;
}

/** The smallest and the largest. */
export function formatSpread({ min, max }: Summary): string {
  return `${formatNumber(min)} … ${formatNumber(max)}`;
}

/** What was compared, e.g. `0.46 ×`, `+0.21 ms`. */
export function formatVerdict({ metric, compare, value }: Verdict): string {
  return compared(value, metric, compare);
}

/** The goal, e.g. `≥ 0.45 ×`; empty where there is none. */
export function formatGoal({ metric, compare, atLeast, atMost }: Goal): string {
  if (atLeast !== undefined) return `≥ ${compared(atLeast, metric, compare)}`;
  return atMost === undefined ? '' : `≤ ${compared(atMost, metric, compare)}`;
}

function compared(value: number, metric: Metric, compare: Goal['compare']): string {
  if (compare === 'ratio') return `${formatNumber(value)} ×`;
  const sign = compare === 'difference' && value > 0 ? '+' : '';
  return sign + formatValue(value, metric);
}
