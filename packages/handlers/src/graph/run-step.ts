/** Runs the steps of a graph for one request. */
import { PredictionError } from '../prediction-error.ts';
import type { PredictorCall } from '../transformer/predictor.ts';
import { predictorError } from '../transformer/predictor-error.ts';
import { combine } from './combine.ts';
import type { GraphNode } from './graph-node.ts';
import type { GraphValue } from './graph-value.ts';
import type { NodeStep, ParallelStep, Step, SwitchStep } from './step.ts';

/** One request. */
export interface GraphRun {
  /** All nodes of the graph. */
  readonly nodes: ReadonlyMap<NodeStep, GraphNode>;
  /** For whom nodes are asked. */
  readonly call: Omit<PredictorCall, 'timeoutMs'>;
  /** When nobody waits any more, by `performance.now`. */
  readonly endsAt: number;
  /** Told of each question to a node. */
  readonly onAnswer: (node: string, ms: number, failed: boolean) => void;
}

/** @throws whatever a step without fallback throws, with its name */
export async function runStep(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  const within = { ...run, endsAt: Math.min(run.endsAt, performance.now() + step.timeoutMs) };
  try {
    return await attempted(step, value, within);
  } catch (error) {
    if (step.fallback === undefined) throw error;
    return runStep(step.fallback, value, run);
  }
}

async function attempted(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(step, value, run);
    } catch (error) {
      const isPassing = error instanceof Error && 'status' in error && error.status === 503;
      if (!isPassing || attempt >= step.retries || performance.now() >= run.endsAt) throw error;
    }
  }
}

function runOnce(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  switch (step.kind) {
    case 'node':
      return askNode(step, value, run);
    case 'sequence':
      return step.steps.reduce(async (before, next) => runNext(next, await before, run), Promise.resolve(value));
    case 'parallel':
      return runParallel(step, value, run);
    case 'switch':
      return runStep(chosen(step, value), value, run);
  }
}

/** What a soft step cannot say is not missed. */
async function runNext(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  if (!step.isSoft) return runStep(step, value, run);
  return runStep(step, value, run).catch(() => value);
}

async function runParallel(
  { branches, combine: how }: ParallelStep,
  value: GraphValue,
  run: GraphRun,
): Promise<GraphValue> {
  const answers = await Promise.all(
    Object.entries(branches).map(async ([branch, step]) => {
      const answer = runStep(step, value, run);
      return [branch, await (step.isSoft ? answer.catch(() => undefined) : answer)] as const;
    }),
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
  { nodes, call, endsAt, onAnswer }: GraphRun,
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
    onAnswer(step.name, performance.now() - startedAt, failed);
  }
}

function named({ name }: NodeStep, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  const told = new PredictionError(`Node "${name}": ${error.message}`, status);
  told.cause = error;
  return told;
}
