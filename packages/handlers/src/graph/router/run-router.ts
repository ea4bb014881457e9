/** One request through a router: the arm that its policy chooses answers. */
import { PredictionError } from '../../prediction-error.ts';
import type { GraphValue } from '../graph-value.ts';
import type { GraphRun } from '../run-step.ts';
import type { RouterStep, Step } from '../step.ts';
import { besideRun } from './beside-run.ts';
import type { RouteOutcome, RunBeside } from './router-policy.ts';

/** A router, and how its arms are run. */
export interface RoutedStep {
  /** The router. */
  readonly step: RouterStep;
  /** Runs an arm. */
  readonly runArm: (arm: Step, value: GraphValue, run: GraphRun) => Promise<GraphValue>;
}

/** @throws whatever the arm throws; PredictionError 503 for a router that is not open */
export async function runRouter({ step, runArm }: RoutedStep, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  const { routers, request: call, trace, onRoute } = run;
  const policy = routers.get(step);
  if (policy === undefined) throw new PredictionError(`Router "${step.name}": it is not open`, 503);
  const runBeside: RunBeside = (arm, copy, options) => runArm(armOf(step, arm), copy, besideRun(run, options));
  const route = await policy.choose(value, call);
  const arm = armOf(step, route.arm);
  trace.routed(step.name, route.arm);
  onRoute(step.name, route.arm);
  const told = (outcome: TimedOutcome) => policy.answered?.(route, { ...outcome, value, call, runBeside });
  return timed(() => runArm(arm, value, run), told);
}

function armOf({ name, arms }: RouterStep, arm: string): Step {
  const found = Object.hasOwn(arms, arm) ? arms[arm] : undefined;
  if (found !== undefined) return found;
  throw new PredictionError(`Router "${name}" has no arm "${arm}"`, 500);
}

type TimedOutcome = Pick<RouteOutcome, 'ms' | 'error' | 'answer'>;

async function timed(ask: () => Promise<GraphValue>, told: (outcome: TimedOutcome) => void): Promise<GraphValue> {
  const startedAt = performance.now();
  try {
    const answer = await ask();
    told({ ms: performance.now() - startedAt, answer });
    return answer;
  } catch (error) {
    told({ ms: performance.now() - startedAt, error });
    throw error;
  }
}
