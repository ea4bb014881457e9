/** One request through a router: the arm that its policy chooses answers. */
import { PredictionError } from '../../prediction-error.ts';
import type { GraphValue } from '../graph-value.ts';
import type { GraphRun } from '../run-step.ts';
import type { RouterStep, Step } from '../step.ts';
import type { RouteOutcome } from './router-policy.ts';

/** A router, and how its arms are run. */
export interface RoutedStep {
  /** The router. */
  readonly step: RouterStep;
  /** Runs an arm with the request. */
  readonly runArm: (arm: Step) => Promise<GraphValue>;
}

/** @throws whatever the arm throws; PredictionError 503 for a router that is not open */
export async function runRouter(
  { step, runArm }: RoutedStep,
  value: GraphValue,
  run: Pick<GraphRun, 'routers' | 'request' | 'onRoute'>,
): Promise<GraphValue> {
  const policy = run.routers.get(step);
  if (policy === undefined) throw new PredictionError(`Router "${step.name}": it is not open`, 503);
  const route = await policy.choose(value, run.request);
  const arm = Object.hasOwn(step.arms, route.arm) ? step.arms[route.arm] : undefined;
  if (arm === undefined) throw new PredictionError(`Router "${step.name}" has no arm "${route.arm}"`, 500);
  run.onRoute(step.name, route.arm);
  return timed(
    () => runArm(arm),
    (outcome) => policy.answered?.(route, outcome),
  );
}

async function timed(ask: () => Promise<GraphValue>, told: (outcome: RouteOutcome) => void): Promise<GraphValue> {
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
