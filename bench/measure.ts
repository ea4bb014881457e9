/** Runs scenarios one after the other, against their limits or against an earlier revision. */
import { createBenchRun } from './bench.ts';
import { checkOut } from './checkout.ts';
import type { Cleanup } from './cleanup.ts';
import { betweenRevisions } from './comparison.ts';
import { formatGoal, formatVerdict } from './format.ts';
import { ROOT } from './paths.ts';
import type { ProgressLine } from './progress.ts';
import type { Failure, SideNames } from './report-file.ts';
import type { ScenarioResult } from './result.ts';
import { runScenario, type Checkouts } from './runner.ts';
import { METRICS } from './sample.ts';
import type { Scenario } from './scenario.ts';
import type { Timing } from './timing.ts';

export interface Outcome {
  readonly results: readonly ScenarioResult[];
  readonly failures: readonly Failure[];
  readonly sides: SideNames;
}

export interface MeasureOptions {
  readonly timing: Timing;
  readonly progress: ProgressLine;
  readonly cleanup: Cleanup;
  /** For the servers. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Against the limits. */
export async function measureLimits(scenarios: readonly Scenario[], options: MeasureOptions): Promise<Outcome> {
  const outcome = await runAll(scenarios, { limit: ROOT, marserve: ROOT }, options);
  return { ...outcome, sides: { limit: 'limit', marserve: 'marserve' } };
}

export interface Revisions {
  /** As git takes it. */
  readonly before: string;
  /** What this checkout is called. */
  readonly after: string;
}

/** Against an earlier revision, which is compiled first. */
export async function measureRevisions(
  scenarios: readonly Scenario[],
  { before, after }: Revisions,
  options: MeasureOptions,
): Promise<Outcome> {
  const earlier = await checkOut(before, options.cleanup);
  const sides = { limit: earlier.revision, marserve: after };
  const pairs = scenarios.map((scenario) => betweenRevisions(scenario, sides));
  const outcome = await runAll(pairs, { limit: earlier.folder, marserve: ROOT }, options);
  return { ...outcome, sides };
}

/** A scenario that fails does not keep the others from being measured. */
async function runAll(
  scenarios: readonly Scenario[],
  checkouts: Checkouts,
  { timing, progress, cleanup, env }: MeasureOptions,
): Promise<Omit<Outcome, 'sides'>> {
  const run = await createBenchRun(timing, env);
  cleanup.add(() => run.close());
  const [results, failures]: [ScenarioResult[], Failure[]] = [[], []];
  for (const scenario of scenarios) {
    const onStep = progress.begin(scenario);
    try {
      const result = await runScenario(scenario, { run, checkouts, onStep });
      results.push(result);
      progress.end(describe(result));
    } catch (error) {
      if (cleanup.isClosed) throw error;
      const { message } = error as Error;
      failures.push({ name: scenario.name, message });
      progress.end(`FAILED: ${message}`);
    }
  }
  return { results, failures };
}

function describe({ verdicts }: ScenarioResult): string {
  return verdicts
    .map((verdict) => {
      const goal = formatGoal(verdict);
      return `${METRICS[verdict.metric].label} ${formatVerdict(verdict)}${goal === '' ? '' : ` (goal ${goal})`}`;
    })
    .join(', ');
}
