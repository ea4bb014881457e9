/** What a module of a graph exports: functions of one's own for its steps. */
import type { HandlerLogger } from '../../handler.ts';
import type { GraphValue } from '../graph-value.ts';

/** What holds for one request at a step. */
export interface GraphStepContext {
  /** Of the step, as messages and metrics have it. */
  readonly name: string;
  /** What stands under `options` beside `handler` in the graph; `{}` without any. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Headers of the request; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when nobody waits for the answer any more: the step's time is over, or the client has left. */
  readonly signal: AbortSignal;
  /** Absolute path of the folder that the graph's archive was unpacked into, with its extra files. */
  readonly modelDir: string;
  /** The graph's log. */
  readonly logger: HandlerLogger;
}

/**
 * What a step gives: a value, or in short a list, which is its instances. `predictions` are taken as instances, and
 * `outputs` as inputs.
 */
export type GraphResult =
  | GraphValue
  | readonly unknown[]
  | { readonly predictions: readonly unknown[] }
  | { readonly outputs: Readonly<Record<string, unknown>> };

/**
 * `{ handler: scale.ts }` as a step: from the value that comes to it the one for the next step. Steps in parallel get the same
 * object: it makes a new one and leaves that as it is. A PredictionError that it throws has its status for the client,
 * anything else 500. The export `transform`, or the default one.
 */
export type TransformFunction = (value: GraphValue, context: GraphStepContext) => GraphResult | Promise<GraphResult>;

/**
 * `combine: { handler: merge.ts }`: of the answers of parallel steps one, by the names of their branches in the order of the
 * graph; soft ones that failed are not among them. The export `combine`, or the default one.
 */
export type CombineFunction = (
  answers: Readonly<Record<string, GraphValue>>,
  context: GraphStepContext,
) => GraphResult | Promise<GraphResult>;

/** What is counted of an arm of a router. */
export interface RoutedArm {
  /** Requests that went to it. */
  readonly requests: number;
  /** Rewards that it got. */
  readonly rewards: number;
  /** Of all rewards: divided by their number it is the mean. */
  readonly sum: number;
}

/** What a router of one's own knows and keeps, in all workers of all servers that share it. */
export interface ExperimentMemory {
  /**
   * What it keeps, as `learn` and `updateState` left it; undefined before. As old as a moment at most: where the store does not answer, it is
   * what was known last, and while the experiment is frozen what it was then. It is shared by requests: leave it as it is.
   */
  readState(): Promise<unknown>;
  /**
   * Changes that, in one transaction. @param change gives what it becomes, as JSON; it may be called again where another worker was quicker
   * @returns what it became @throws Error where it cannot be written
   */
  updateState(change: (old: unknown) => unknown): Promise<unknown>;
  /** By the names of the arms that were ever chosen or rewarded; as old as `readState`. */
  readArms(): Promise<Readonly<Record<string, RoutedArm>>>;
}

/** What holds for one request at a router. */
export interface RouteContext extends GraphStepContext, ExperimentMemory {
  /** Names of the arms, in the order of the graph. */
  readonly arms: readonly string[];
  /** Of the request; feedback comes by it. */
  readonly requestId: string;
}

/** An arm, and what it was chosen by. */
export interface RoutedChoice {
  /** Its name. */
  readonly arm: string;
  /** What `learn` is to get again with each feedback to the request, whichever worker gets that: at most 4096 characters as JSON. */
  readonly features?: unknown;
}

/**
 * `policy: { handler: pick.ts }` of a router: the name of the arm that gets the value, alone or with what it was chosen by. It has five
 * seconds, or the router's `timeout_ms`. The export `route`, or the default one.
 */
export type RouteFunction = (
  value: GraphValue,
  context: RouteContext,
) => string | RoutedChoice | Promise<string | RoutedChoice>;

/** What came of a request, as a client told. */
export interface RouterFeedback {
  /** Which request it was; undefined where the client said its route alone. */
  readonly requestId?: string | undefined;
  /** The arm that answered it. */
  readonly arm: string;
  /** One for the request, or one for each of its instances. */
  readonly rewards: readonly number[];
  /** What `route` gave with the arm; undefined where it gave nothing, somebody has set the weights, or the client said its route alone. */
  readonly features?: unknown;
}

/** What holds where a router learns. */
export interface LearnContext extends Pick<RouteContext, 'name' | 'options' | 'arms' | 'modelDir' | 'logger'> {}

/**
 * The export `learn` of such a module, which it may have: what `readState` gives becomes what it returns, once for each feedback that
 * counts, in the transaction that counts it. So it is not async, gives JSON, and asks nobody else; it may change `state`, and it may be called again
 * with the same where another worker was quicker. What it throws is in the log: the reward is kept, and the state stays as it is.
 * @param state undefined before anything was learned
 */
export type LearnFunction = (state: unknown, feedback: RouterFeedback, context: LearnContext) => unknown;
