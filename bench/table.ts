/** The results as a table for the terminal. */
import Table from 'cli-table3';
import { formatGoal, formatSpread, formatValue, formatVerdict } from './format.ts';
import type { SideNames } from './report-file.ts';
import type { ScenarioResult, Verdict } from './result.ts';
import { METRICS } from './sample.ts';
import type { Scenario } from './scenario.ts';
import type { Summary } from './statistics.ts';

/** A line for each goal. */
export function renderTable(results: readonly ScenarioResult[], sides: SideNames): string {
  const rows = results.flatMap((result) => result.verdicts.map((verdict) => row(result, verdict)));
  return render(['scenario', 'measured', sides.limit, sides.marserve, 'compared', 'goal', ''], rows);
}

/** What can be measured, and how good it should be. */
export function renderScenarios(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(({ name, title, limit, goals }) => [
    name,
    title,
    limit.label,
    goals.map((goal) => `${METRICS[goal.metric].label} ${formatGoal(goal)}`).join(', '),
  ]);
  return render(['scenario', 'what is done', 'limit', 'goal'], rows);
}

/** A table of cells. */
export function render(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

function row({ name, limit, marserve }: ScenarioResult, verdict: Verdict): string[] {
  const { metric } = verdict;
  const cells = [limit.metrics[metric], marserve.metrics[metric]].map((summary) => cell(summary, metric));
  return [name, METRICS[metric].label, ...cells, formatVerdict(verdict), formatGoal(verdict), mark(verdict)];
}

function cell(summary: Summary | undefined, metric: Verdict['metric']): string {
  return summary === undefined ? '' : `${formatValue(summary.median, metric)} (${formatSpread(summary)})`;
}

function mark({ isReached }: Verdict): string {
  if (isReached === undefined) return '';
  return isReached ? 'reached' : 'NOT REACHED';
}
