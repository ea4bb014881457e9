/** Runs the steps of a graph for one request. */
import { PredictionError } from '../prediction-error.ts';
import { predictorError } from '../transformer/predictor-error.ts';
import { endingTogether } from './ending-together.ts';
import { combine, type Answers } from './combine.ts';
import type { GraphCall, GraphNode } from './graph-node.ts';
import type { GraphTrace } from './graph-trace.ts';
import type { GraphValue } from './graph-value.ts';
import type { ModuleRef } from './modules/module-ref.ts';
import type { OpenedCombiner } from './modules/module-step.ts';
import type { GraphExperiments } from './router/graph-experiments.ts';
import { runRouter } from './router/run-router.ts';
import type { RouterCall, RouterPolicy } from './router/router-policy.ts';
import { lastOf } from './step-names.ts';
import type {
  ModuleStep,
  NodeStep,
  ParallelStep,
  RouterStep,
  SequenceStep,
  Step,
  StepOptions,
  SwitchStep,
} from './step.ts';

/** One request. */
export interface GraphRun {
  /** All nodes of the graph. */
  readonly nodes: ReadonlyMap<NodeStep | ModuleStep, GraphNode>;
  /** All combiners of its own. */
  readonly combiners: ReadonlyMap<ModuleRef, OpenedCombiner>;
  /** All routers of the graph. */
  readonly routers: ReadonlyMap<RouterStep, RouterPolicy>;
  /** What routers know of the request. */
  readonly request: RouterCall;
  /** For whom nodes are asked. */
  readonly call: Omit<GraphCall, 'timeoutMs'>;
  /** When nobody waits any more, by `performance.now`. */
  readonly endsAt: number;
  /** Hears what becomes of it. */
  readonly trace: GraphTrace;
  /** The step whose answer is the request to the next; undefined for the client's own. */
  readonly from?: Step | undefined;
  /** Where decisions of routers are noted; undefined where nobody does. */
  readonly experiments?: GraphExperiments | undefined;
  /** Told of each arm that a router has chosen. */
  readonly onRoute: (router: string, arm: string) => void;
}

/** @throws whatever a step without fallback throws, with its name */
export function runStep(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  run.trace.went(run.from, step);
  const from = step.kind === 'sequence' ? run.from : step;
  const within = { ...run, from, endsAt: Math.min(run.endsAt, performance.now() + step.timeoutMs) };
  // A promise less for each of many.
  const answer = step.retries === 0 ? runOnce(step, value, within) : attempted(step, value, within);
  return step.fallback === undefined ? answer : withFallback({ step, fallback: step.fallback, answer }, value, run);
}

/** A step that may fail. */
interface Rescued {
  readonly step: Step;
  readonly fallback: Step;
  readonly answer: Promise<GraphValue>;
}

async function withFallback(
  { step, fallback, answer }: Rescued,
  value: GraphValue,
  run: GraphRun,
): Promise<GraphValue> {
  try {
    return await answer;
  } catch (error) {
    if (hasBegun(run)) throw error;
    run.trace.happened('fallbacks', step);
    return runStep(fallback, value, { ...run, from: lastOf(step) });
  }
}

async function attempted(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(step, value, run);
    } catch (error) {
      const isPassing = error instanceof Error && 'status' in error && error.status === 503;
      if (!isPassing || attempt >= step.retries || hasBegun(run) || performance.now() >= run.endsAt) throw error;
      run.trace.happened('retries', step);
    }
  }
}

function runOnce(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  switch (step.kind) {
    case 'node':
    case 'module':
      return askNode(step, value, run);
    case 'sequence':
      return runSequence(step, value, run);
    case 'parallel':
      return runParallel(step, value, run);
    case 'switch':
      return runSwitch(step, value, run);
    case 'router':
      // A shadow is compared with the whole answer.
      return runRouter({ step, runArm: runStep }, value, step.policyName === 'shadow' ? whole(run) : run);
  }
}

async function runSequence({ steps }: SequenceStep, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  let [latest, from] = [value, run.from];
  const last = steps.at(-1);
  for (const step of steps) {
    const { call } = step === last ? run : whole(run);
    if (step.when?.(latest) === false) return latest;
    // What a soft step cannot say is not missed.
    const asked = step.takesRequest === true ? value : latest;
    latest = (await runUnlessSoft(step, asked, { ...run, call, from })) ?? latest;
    from = lastOf(step);
  }
  return latest;
}

/** Undefined where a soft step fails. */
function runUnlessSoft(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue | undefined> {
  return step.isSoft ? runSoft(step, value, run) : runStep(step, value, run);
}

async function runSoft(step: Step, value: GraphValue, run: GraphRun): Promise<GraphValue | undefined> {
  try {
    return await runStep(step, value, run);
  } catch (error) {
    if (hasBegun(run)) throw error;
    run.trace.happened('soft_failures', step);
    return undefined;
  }
}

async function runParallel(step: ParallelStep, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  const answers = await endingTogether(whole(run), (within) =>
    Object.entries(step.branches).map(
      async ([branch, part]) => [branch, await runUnlessSoft(part, value, within)] as const,
    ),
  );
  return combined(
    step,
    answers.flatMap(([branch, answer]) => (answer === undefined ? [] : [[branch, answer] as const])),
    run,
  );
}

async function runSwitch(step: SwitchStep, value: GraphValue, run: GraphRun): Promise<GraphValue> {
  return runStep(chosen(step, value), value, run);
}

/** The answers of what is run are needed whole. */
function whole(run: GraphRun): GraphRun {
  return run.call.passer === undefined ? run : { ...run, call: { ...run.call, passer: undefined } };
}

/** Nothing else can answer the client any more. */
function hasBegun({ call }: GraphRun): boolean {
  return call.passer?.hasBegun === true;
}

async function combined(
  step: ParallelStep,
  answers: Answers,
  { combiners, call, endsAt }: GraphRun,
): Promise<GraphValue> {
  if (typeof step.combine === 'string') return combine(step.combine, answers);
  const own = combiners.get(step.combine);
  if (own === undefined) throw new PredictionError(`The combiner of "${step.name}" is not open`, 503);
  try {
    return await own(answers, step.name, { ...call, timeoutMs: endsAt - performance.now() });
  } catch (error) {
    throw named(step, error);
  }
}

function chosen({ name, cases, otherwise }: SwitchStep, value: GraphValue): Step {
  const step = cases.find(({ when }) => when(value))?.step ?? otherwise;
  if (step !== undefined) return step;
  throw new PredictionError(`No condition of "${name}" is met, and it has no otherwise`, 404);
}

async function askNode(
  step: NodeStep | ModuleStep,
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

function named({ name }: StepOptions, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  const told = new PredictionError(`Node "${name}": ${error.message}`, status);
  told.cause = error;
  return told;
}
