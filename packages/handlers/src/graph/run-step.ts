/** Runs the steps of a graph for one request. */
import { PredictionError } from '../prediction-error.ts';
import type { PredictorCall } from '../transformer/predictor.ts';
import { predictorError } from '../transformer/predictor-error.ts';
import { combine } from './combine.ts';
import type { GraphNode } from './graph-node.ts';
import type { GraphTrace } from './graph-trace.ts';
import type { GraphValue } from './graph-value.ts';
import { runRouter } from './router/run-router.ts';
import type { RouterCall, RouterPolicy } from './router/router-policy.ts';
import { lastOf } from './step-names.ts';
import type { NodeStep, ParallelStep, RouterStep, SequenceStep, Step, SwitchStep } from './step.ts';

/** One request. */
export interface GraphRun {
  /** All nodes of the graph. */
  readonly nodes: ReadonlyMap<NodeStep, GraphNode>;
  /** All routers of the graph. */
  readonly routers: ReadonlyMap<RouterStep, RouterPolicy>;
  /** What routers know of the request. */
  readonly request: RouterCall;
  /** For whom nodes are asked. */
  readonly call: Omit<PredictorCall, 'timeoutMs'>;
  /** When nobody waits any more, by `performance.now`. */
  readonly endsAt: number;
  /** Hears what becomes of it. */
  readonly trace: GraphTrace;
  /** The step whose answer is the request to the next; undefined for the client's own. */
  readonly from?: Step | undefined;
  /** Told of each arm that a router has chosen. */
  readonly onRoute: (router: string, arm: string) => void;
}

/** @throws whatever a step without fallback throws, with its name */
export async function runStep(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  run.trace.went(run.from, step);
  const from = step.kind === 'sequence' ? run.from : step;
  const within = { ...run, from, endsAt: Math.min(run.endsAt, performance.now() + step.timeoutMs) };
  try {
    return await attempted(step, value, within);
  } catch (error) {
    if (step.fallback === undefined) throw error;
    run.trace.happened('fallbacks', step);
    return runStep(step.fallback, value, { ...run, from: lastOf(step) });
  }
}

async function attempted(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(step, value, run);
    } catch (error) {
      const isPassing = error instanceof Error && 'status' in error && error.status === 503;
      if (!isPassing || attempt >= step.retries || performance.now() >= run.endsAt) throw error;
      run.trace.happened('retries', step);
    }
  }
}

function runOnce(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  switch (step.kind) {
    case 'node':
      return askNode(step, value, run);
    case 'sequence':
      return runSequence(step, value, run);
    case 'parallel':
      return runParallel(step, value, run);
    case 'switch':
      return runStep(chosen(step, value), value, run);
    case 'router':
      return runRouter({ step, runArm: (arm) => runStep(arm, value, run) }, value, run);
  }
}

async function runSequence({ steps }: SequenceStep, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  let [latest, from] = [value, run.from];
  for (const step of steps) {
    // What a soft step cannot say is not missed.
    latest = (await runUnlessSoft(step, latest, { ...run, from })) ?? latest;
    from = lastOf(step);
  }
  return latest;
}

/** Undefined where a soft step fails. */
async function runUnlessSoft(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue | undefined> {
  if (!step.isSoft) return runStep(step, value, run);
  try {
    return await runStep(step, value, run);
  } catch {
    run.trace.happened('soft_failures', step);
    return undefined;
  }
}

async function runParallel(
  { branches, combine: how }: ParallelStep,
  value: GraphValue,
  run: GraphRun,
): Promise<GraphValue> {
  const answers = await Promise.all(
    Object.entries(branches).map(async ([branch, step]) => [branch, await runUnlessSoft(step, value, run)] as const),
  );
  return combine(
    how,
    answers.flatMap(([branch, answer]) => (answer === undefined ? [] : [[branch, answer] as const])),
  );
}

function chosen({ name, cases, otherwise }: SwitchStep, value: GraphValue): Step {
  const step = cases.find(({ when }) => when(value))?.step ?? otherwise;
  if (step !== undefined) return step;
  throw new PredictionError(`No condition of "${name}" is met, and it has no otherwise`, 404);
}

async function askNode(
  step: NodeStep,
  value: GraphValue,
  { nodes, call, endsAt, trace }: GraphRun,
): Promise<GraphValue> {
  const startedAt = performance.now();
  const timeoutMs = endsAt - startedAt;
  let failed = true;
  try {
    if (timeoutMs <= 0) throw new PredictionError('its time is over', 504);
    const answer = await nodes.get(step)?.ask(value, { ...call, ...(timeoutMs < Infinity && { timeoutMs }) });
    if (answer === undefined) throw new PredictionError('it is not open', 503);
    failed = false;
    return answer;
  } catch (error) {
    throw named(step, predictorError(error));
  } finally {
    trace.asked({ step, ms: performance.now() - startedAt, failed });
  }
}

function named({ name }: NodeStep, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  const told = new PredictionError(`Node "${name}": ${error.message}`, status);
  told.cause = error;
  return told;
}
