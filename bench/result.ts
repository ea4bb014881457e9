/** What a scenario came to: medians, spread, and whether its goals were reached. */
import { METRICS, type Metric, type Sample } from './sample.ts';
import type { Goal, Scenario } from './scenario.ts';
import { summarize, type Summary } from './statistics.ts';

export type Summaries = Readonly<Partial<Record<Metric, Summary>>>;

export interface SideResult {
  readonly label: string;
  readonly metrics: Summaries;
}

/** A goal, and what was measured for it. */
export interface Verdict extends Goal {
  /** Of the medians, in the metric's unit unless it is a ratio. */
  readonly value: number;
  /** Undefined where there is no goal: between two revisions. */
  readonly isReached?: boolean;
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly limit: SideResult;
  readonly marserve: SideResult;
  readonly verdicts: readonly Verdict[];
}

export interface Samples {
  readonly limit: readonly Sample[];
  readonly marserve: readonly Sample[];
}

/** @throws Error when a goal's metric was not measured */
export function evaluate(scenario: Scenario, samples: Samples): ScenarioResult {
  const { name, title, goals } = scenario;
  const limit = { label: scenario.limit.label, metrics: summarizeSamples(samples.limit) };
  const marserve = { label: scenario.marserve.label, metrics: summarizeSamples(samples.marserve) };
  return { name, title, limit, marserve, verdicts: goals.map((goal) => judge(goal, limit, marserve)) };
}

/** Of each metric that the first sample has. */
export function summarizeSamples(samples: readonly Sample[]): Summaries {
  const names = (Object.keys(METRICS) as Metric[]).filter((metric) => samples[0]?.[metric] !== undefined);
  return Object.fromEntries(
    names.map((metric) => [metric, summarize(samples.map((sample) => sample[metric] ?? Number.NaN))]),
  );
}

function judge(goal: Goal, limit: SideResult, marserve: SideResult): Verdict {
  const value = compare(goal, limit.metrics[goal.metric]?.median, marserve.metrics[goal.metric]?.median);
  const { atLeast, atMost } = goal;
  if (atLeast === undefined && atMost === undefined) return { ...goal, value };
  return { ...goal, value, isReached: value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity) };
}

function compare({ metric, compare }: Goal, limit: number | undefined, marserve: number | undefined): number {
  if (marserve === undefined || (limit === undefined && compare !== 'value')) throw new Error(`no ${metric} measured`);
  switch (compare) {
    case 'ratio':
      return marserve / (limit ?? 0);
    case 'difference':
      return marserve - (limit ?? 0);
    case 'value':
      return marserve;
  }
}
