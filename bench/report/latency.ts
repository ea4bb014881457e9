/** Latency percentiles of both sides on one logarithmic axis, with their spread. */
import { formatNumber } from '../format.ts';
import type { Named } from './bars.ts';
import type { ScenarioResult, SideResult } from '../result.ts';
import { PERCENTILES, type Metric } from '../sample.ts';
import { at, dot, line, text } from './svg.ts';

const TOP = 22;
const ROW = 19;
const LABEL_WIDTH = 40;
const AXIS_WIDTH = 170;
const LINE_GAP = 3;
/** Where the columns of numbers end. */
const COLUMNS = [280, 364] as const;

/** The height of what `drawLatency` draws; 0 where a side has no percentiles. */
export function latencyHeight(result: ScenarioResult): number {
  const count = percentilesOf(result).length;
  return count === 0 ? 0 : TOP + count * ROW;
}

export function drawLatency(result: Named): string {
  const { limit, marserve, sides: names } = result;
  const shown = percentilesOf(result);
  if (shown.length === 0) return '';
  const scale = logScale([limit, marserve].flatMap((side) => shown.flatMap((metric) => ends(side, metric))));
  const rows = shown.map((metric, index) =>
    at({ x: 0, y: TOP + index * ROW }, drawRow(metric, { limit, marserve }, scale)),
  );
  const head = text({ x: 0, y: 12 }, 'latency, ms', { style: 'muted' });
  const sides = [
    text({ x: COLUMNS[0], y: 12 }, names.limit, { style: 'small muted', anchor: 'end' }),
    text({ x: COLUMNS[1], y: 12 }, names.marserve, { style: 'small muted', anchor: 'end' }),
  ];
  return [head, ...sides, ...rows].join('');
}

/** Those that both sides have; one alone is among the bars. */
function percentilesOf({ limit, marserve }: ScenarioResult): Metric[] {
  const shown = PERCENTILES.filter((metric) => limit.metrics[metric] && marserve.metrics[metric]);
  return shown.length > 1 ? shown : [];
}

type Scale = (value: number) => number;

/** From the smallest value to the largest; at least a factor of two. */
function logScale(values: readonly number[]): Scale {
  const low = Math.max(Math.min(...values), 1e-3);
  const high = Math.max(...values, low * 2);
  return (value) => LABEL_WIDTH + (Math.log(Math.max(value, low) / low) / Math.log(high / low)) * AXIS_WIDTH;
}

function ends(side: SideResult, metric: Metric): number[] {
  const summary = side.metrics[metric];
  return summary === undefined ? [] : [summary.min, summary.max];
}

interface Sides {
  readonly limit: SideResult;
  readonly marserve: SideResult;
}

function drawRow(metric: Metric, sides: Sides, scale: Scale): string {
  const marks = (['limit', 'marserve'] as const).map((side, index) => {
    const summary = sides[side].metrics[metric];
    if (summary === undefined) return '';
    const y = 8 + (index === 0 ? -LINE_GAP : LINE_GAP);
    return [
      line({ x: scale(summary.min), y }, { x: scale(summary.max), y }, side),
      dot({ x: scale(summary.median), y }, side),
      text({ x: COLUMNS[index] ?? 0, y: 12 }, formatNumber(summary.median), { style: 'ink', anchor: 'end' }),
    ].join('');
  });
  const axis = line({ x: LABEL_WIDTH, y: 8 }, { x: LABEL_WIDTH + AXIS_WIDTH, y: 8 }, 'rule');
  return [text({ x: 0, y: 12 }, metric, { style: 'ink' }), axis, ...marks].join('');
}
