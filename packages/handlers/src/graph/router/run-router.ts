/** One request through a router: the arm that its policy chooses answers. */
import type { ExperimentControl } from '../../experiment/experiment-store.ts';
import { PredictionError } from '../../prediction-error.ts';
import type { GraphValue } from '../graph-value.ts';
import type { GraphRun } from '../run-step.ts';
import type { RouterStep, Step } from '../step.ts';
import { waitingSignal } from '../waiting-signal.ts';
import { besideRun } from './beside-run.ts';
import type { Route, RouteOutcome, RunBeside } from './router-policy.ts';

/** A router, and how its arms are run. */
export interface RoutedStep {
  /** The router. */
  readonly step: RouterStep;
  /** Runs an arm. */
  readonly runArm: (arm: Step, value: GraphValue, run: GraphRun) => Promise<GraphValue>;
}

/** @throws whatever the arm throws; PredictionError 503 for a router that is not open */
export async function runRouter({ step, runArm }: RoutedStep, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  const { routers, trace, onRoute, experiments } = run;
  const policy = routers.get(step);
  if (policy === undefined) throw new PredictionError(`Router "${step.name}": it is not open`, 503);
  const runBeside: RunBeside = (arm, copy, options) => runArm(armOf(step, arm), copy, besideRun(run, options));
  const control = await experiments?.control(step.name);
  const call = { ...run.request, control };
  const route = byHand(step, control) ?? (await policy.choose(value, call));
  const told = (outcome: ArmOutcome) => policy.answered?.(route, { ...outcome, value, call, runBeside });
  const ask = (name: string, timeoutMs = Infinity) => {
    const arm = armOf(step, name);
    trace.routed(step.name, name);
    onRoute(step.name, name);
    experiments?.decided(step.name, name, { value, call, features: route.features });
    return runArm(arm, value, { ...run, endsAt: Math.min(run.endsAt, performance.now() + timeoutMs) });
  };
  return askedArm(route, { ask, told, run });
}

type ArmOutcome = Omit<RouteOutcome, 'value' | 'call' | 'runBeside'>;

interface Asking {
  readonly ask: (arm: string, timeoutMs?: number) => Promise<GraphValue>;
  readonly told: (outcome: ArmOutcome) => void;
  readonly run: Pick<GraphRun, 'call' | 'endsAt'>;
}

async function askedArm({ arm, instead, timeoutMs }: Route, { ask, told, run }: Asking): Promise<GraphValue> {
  const startedAt = performance.now();
  try {
    const answer = await ask(arm, timeoutMs);
    told({ ms: performance.now() - startedAt, answer });
    return answer;
  } catch (error) {
    const failure = { ms: performance.now() - startedAt, error, isGone: goneOf(run) };
    if (instead === undefined || failure.isGone !== undefined) {
      told(failure);
      throw error;
    }
    return await rescued(
      () => ask(instead),
      (isRescued) => told({ ...failure, isRescued }),
    );
  }
}

async function rescued(ask: () => Promise<GraphValue>, told: (isRescued: boolean) => void): Promise<GraphValue> {
  let isRescued = false;
  try {
    const answer = await ask();
    isRescued = true;
    return answer;
  } finally {
    told(isRescued);
  }
}

function goneOf({ call, endsAt }: Asking['run']): RouteOutcome['isGone'] {
  if (waitingSignal(call)?.aborted === true) return 'left';
  return performance.now() >= endsAt ? 'late' : undefined;
}

/** @throws PredictionError for an arm that there is not */
export function armOf({ name, arms }: RouterStep, arm: string): Step {
  const found = Object.hasOwn(arms, arm) ? arms[arm] : undefined;
  if (found !== undefined) return found;
  throw new PredictionError(`Router "${name}" has no arm "${arm}"`, 500);
}

/** The arm by weights that somebody has set, where the policy does not know what to do with those. */
function byHand({ arms, policy }: RouterStep, control: ExperimentControl | undefined): Route | undefined {
  if (control?.weights === undefined || policy.takesWeights === true) return undefined;
  const names = Object.keys(arms);
  const weights = names.map((arm) => control.weights?.[arm] ?? 0);
  if (!weights.some((weight) => weight > 0)) return undefined;
  let left = Math.random() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (left -= weight) < 0);
  return { arm: names[found < 0 ? weights.findLastIndex((weight) => weight > 0) : found] ?? '' };
}
