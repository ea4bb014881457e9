/** Says what is running: a line that changes on a terminal, a line a scenario elsewhere. */
import type { Scenario } from './scenario.ts';
import { estimate, type Timing } from './timing.ts';

export interface ProgressLine {
  /** Hears the steps of a scenario. */
  begin(scenario: Scenario): (step: string) => void;
  /** Ends the line of a scenario with what came of it. */
  end(outcome: string): void;
}

export function createProgress(
  scenarios: readonly Scenario[],
  timing: Timing,
  output: NodeJS.WriteStream = process.stdout,
): ProgressLine {
  const show = (line: string, end: string) => output.write(output.isTTY ? `\r\u001b[K${line}${end}` : `${line}\n`);
  let current = '';
  return {
    begin(scenario) {
      const index = scenarios.findIndex(({ name }) => name === scenario.name);
      const left = formatDuration(totalSeconds(scenarios.slice(index), timing));
      current = `[${index + 1}/${scenarios.length}] ${scenario.name}`;
      show(`${current}: ${scenario.title} (about ${left} left)`, output.isTTY ? '\n' : '');
      return (step) => {
        if (output.isTTY) show(`${current}: ${step}`, '');
      };
    },
    end: (outcome) => show(`${current}: ${outcome}`, '\n'),
  };
}

/** About how many seconds these scenarios take. */
export function totalSeconds(scenarios: readonly Scenario[], timing: Timing): number {
  return scenarios.reduce((sum, scenario) => sum + estimate(scenario, timing), 0);
}

/** E.g. `12 min`, `40 s`. */
export function formatDuration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
