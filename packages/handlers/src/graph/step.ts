/** A graph as it is run: steps, which are nodes or made of steps. */
import type { Condition } from './condition.ts';
import type { ModuleRef } from './modules/module-ref.ts';
import type { PolicyConfig } from './router/router-policy.ts';

/** A step. */
export type Step = NodeStep | ModuleStep | SequenceStep | ParallelStep | SwitchStep | RouterStep;

/** What every step may have. */
export interface StepOptions {
  /** In messages and metrics. */
  readonly name: string;
  /** Longest time until its answer, in milliseconds; Infinity for no limit of its own. */
  readonly timeoutMs: number;
  /** How often it is run again when what it asks cannot serve. */
  readonly retries: number;
  /** Whether the graph goes on without its answer. */
  readonly isSoft: boolean;
  /** Runs with the same request when it fails. */
  readonly fallback?: Step | undefined;
  /** Of a step of a sequence: whether it gets what came to that, not what the step before it gave; default false. */
  readonly takesRequest?: boolean;
  /** Of a step of a sequence, which ends with what it has where that does not meet it. */
  readonly when?: Condition | undefined;
}

/** A model of the same server, or of another one. */
export interface NodeStep extends StepOptions {
  readonly kind: 'node';
  /** `local:MODEL[/VERSION]`, or the address of a server. */
  readonly host: string;
  /** The keys that say how a server is spoken to, as those of a transformer. */
  readonly predictor: Readonly<Record<string, unknown>>;
  /** Whether it is asked for an answer in parts where that is the graph's; of this server's models each answer says so itself. */
  readonly streams: boolean;
  /** Input of the model → tensor of the graph; empty where the names are the same. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Tensor of the graph → output of the model; empty where all are taken as they are called. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** A module of the graph's own, which makes another value of the one that comes. */
export interface ModuleStep extends StepOptions {
  readonly kind: 'module';
  /** Which one. */
  readonly module: ModuleRef;
}

/** One after the other: each gets what the one before it gave. */
export interface SequenceStep extends StepOptions {
  readonly kind: 'sequence';
  /** At least one. */
  readonly steps: readonly Step[];
}

/** How the answers of parallel steps become one. */
export type Combination = 'merge' | 'mean' | 'vote' | 'first';

/** All at once, with the same request. */
export interface ParallelStep extends StepOptions {
  readonly kind: 'parallel';
  /** By the names under which their answers are merged. */
  readonly branches: Readonly<Record<string, Step>>;
  /** What becomes of their answers. */
  readonly combine: Combination | ModuleRef;
}

/** A step, and when it is taken. */
export interface SwitchCase {
  /** Whether the request is one for it. */
  readonly when: Condition;
  /** The condition in words. */
  readonly text: string;
  /** What runs then. */
  readonly step: Step;
}

/** The first step whose condition the request meets. */
export interface SwitchStep extends StepOptions {
  readonly kind: 'switch';
  /** In their order. */
  readonly cases: readonly SwitchCase[];
  /** Where none is met; undefined where that is an error. */
  readonly otherwise?: Step | undefined;
}

/** One of several steps, as its policy chooses. */
export interface RouterStep extends StepOptions {
  readonly kind: 'router';
  /** By the names that the policy knows; at least one. */
  readonly arms: Readonly<Record<string, Step>>;
  /** What chooses. */
  readonly policy: PolicyConfig;
  /** How that is called. */
  readonly policyName: string;
}

/** All nodes of a step, those of its parts too. */
export function nodesOf(step: Step): NodeStep[] {
  const fallback = step.fallback === undefined ? [] : nodesOf(step.fallback);
  return [...partsOf(step).flatMap(nodesOf), ...(step.kind === 'node' ? [step] : []), ...fallback];
}

/** All routers of a step, those of its parts too. */
export function routersOf(step: Step): RouterStep[] {
  const fallback = step.fallback === undefined ? [] : routersOf(step.fallback);
  return [...partsOf(step).flatMap(routersOf), ...(step.kind === 'router' ? [step] : []), ...fallback];
}

/** All modules of a step, those of its parts too. */
export function modulesOf(step: Step): ModuleRef[] {
  const own = [
    ...(step.kind === 'module' ? [step.module] : []),
    ...(step.kind === 'parallel' && typeof step.combine !== 'string' ? [step.combine] : []),
    ...(step.kind === 'router' && step.policy.module !== undefined ? [step.policy.module] : []),
  ];
  const parts = [...partsOf(step), ...(step.fallback === undefined ? [] : [step.fallback])];
  return [...own, ...parts.flatMap(modulesOf)];
}

/** All steps that are modules. */
export function moduleStepsOf(step: Step): ModuleStep[] {
  const parts = [...partsOf(step), ...(step.fallback === undefined ? [] : [step.fallback])];
  return [...(step.kind === 'module' ? [step] : []), ...parts.flatMap(moduleStepsOf)];
}

/** Why a step cannot answer, of what is known of its nodes; undefined when it can. */
export function stepProblem(step: Step, nodeProblem: (node: NodeStep) => string | undefined): string | undefined {
  if (step.isSoft || step.fallback !== undefined) return undefined;
  if (step.kind === 'node') return nodeProblem(step);
  // Which case is taken is not known before.
  if (step.kind === 'switch') return undefined;
  if (step.kind === 'router') return routerProblem(step, nodeProblem);
  return partsOf(step)
    .map((part) => stepProblem(part, nodeProblem))
    .find((problem) => problem !== undefined);
}

function routerProblem({ arms, policy }: RouterStep, nodeProblem: (node: NodeStep) => string | undefined) {
  const problems = Object.entries(arms).map(([arm, step]) => ({ arm, problem: stepProblem(step, nodeProblem) }));
  const needed = problems.find(({ arm, problem }) => problem !== undefined && policy.neededArms.includes(arm));
  return needed?.problem ?? (problems.every(({ problem }) => problem !== undefined) ? problems[0]?.problem : undefined);
}

/** The steps that it is made of, without its fallback; none of a node. */
export function partsOf(step: Step): readonly Step[] {
  switch (step.kind) {
    case 'node':
    case 'module':
      return [];
    case 'sequence':
      return step.steps;
    case 'parallel':
      return Object.values(step.branches);
    case 'router':
      return Object.values(step.arms);
    case 'switch':
      return [...step.cases.map((each) => each.step), ...(step.otherwise === undefined ? [] : [step.otherwise])];
  }
}
