/** The bars of a goal's metric: limit and marserve one below the other, their spread, and where the goal is. */
import { formatGoal, formatValue, formatVerdict } from '../format.ts';
import type { SideNames } from '../report-file.ts';
import type { ScenarioResult, Verdict } from '../result.ts';
import { METRICS } from '../sample.ts';
import type { Summary } from '../statistics.ts';
import { at, box, line, text } from './svg.ts';

const BAR = 16;
const ROW = 24;
const TOP = 22;
/** Room for the labels on the left, the bars, and the values on the right. */
const LABEL_WIDTH = 120;
const BAR_WIDTH = 290;
const VALUE_X = LABEL_WIDTH + BAR_WIDTH + 10;

/** Height of what `drawBars` draws. */
export const BARS_HEIGHT = TOP + 2 * ROW + 4;

/** A result, and what its sides are called. */
export interface Named extends ScenarioResult {
  readonly sides: SideNames;
}

export function drawBars({ limit, marserve, sides: names }: Named, verdict: Verdict): string {
  const { metric } = verdict;
  const sides = { limit: limit.metrics[metric], marserve: marserve.metrics[metric] };
  const goal = goalOf(verdict, sides.limit);
  const highest = Math.max(sides.limit?.max ?? 0, sides.marserve?.max ?? 0, goal ?? 0);
  const scale = (value: number) => LABEL_WIDTH + (Math.max(value, 0) / (highest || 1)) * BAR_WIDTH;
  const rows = (['limit', 'marserve'] as const).map((side, index) => {
    const summary = sides[side];
    return summary === undefined
      ? ''
      : at({ x: 0, y: TOP + index * ROW }, drawBar(side, summary, { scale, metric, name: names[side] }));
  });
  return [
    text({ x: 0, y: 12 }, METRICS[metric].label, { style: 'muted' }),
    text({ x: LABEL_WIDTH, y: 12 }, outcome(verdict), { style: `strong ${standing(verdict)}` }),
    ...rows,
    goal === undefined ? '' : drawGoal(scale(goal)),
  ].join('');
}

/** On the metric's own axis. */
function goalOf({ compare, atLeast, atMost }: Verdict, limit: Summary | undefined): number | undefined {
  const goal = atLeast ?? atMost;
  if (goal === undefined || compare === 'value') return goal;
  return compare === 'ratio' ? goal * (limit?.median ?? 0) : goal + (limit?.median ?? 0);
}

interface BarOptions {
  readonly scale: (value: number) => number;
  readonly metric: Verdict['metric'];
  readonly name: string;
}

function drawBar(side: 'limit' | 'marserve', summary: Summary, { scale, metric, name }: BarOptions): string {
  const [low, high, middle] = [scale(summary.min), scale(summary.max), BAR / 2];
  const whisker = [
    line({ x: low, y: middle }, { x: high, y: middle }, 'ink'),
    line({ x: low, y: middle - 4 }, { x: low, y: middle + 4 }, 'ink'),
    line({ x: high, y: middle - 4 }, { x: high, y: middle + 4 }, 'ink'),
  ];
  return [
    text({ x: 0, y: 12 }, name, { style: 'ink' }),
    box({ x: LABEL_WIDTH, y: 0 }, { width: scale(summary.median) - LABEL_WIDTH, height: BAR }, side),
    ...whisker,
    text({ x: VALUE_X, y: 12 }, formatValue(summary.median, metric), { style: 'ink strong' }),
  ].join('');
}

/** Across marserve's bar alone: it is not the limit that has a goal. */
function drawGoal(x: number): string {
  const y = TOP + ROW - 4;
  return line({ x, y }, { x, y: y + BAR + 8 }, 'goal thick');
}

/** Said in words as well as in colour. */
function outcome(verdict: Verdict): string {
  const compared = formatVerdict(verdict);
  if (verdict.isReached === undefined) return compared;
  return `${compared} · goal ${formatGoal(verdict)} ${verdict.isReached ? 'reached ✓' : 'not reached ✗'}`;
}

function standing({ isReached }: Verdict): string {
  if (isReached === undefined) return 'ink';
  return isReached ? 'reached' : 'missed';
}
