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
