/** What decides which arm of a router gets a request. */
import type { ExperimentControl } from '../../experiment/experiment-store.ts';
import type { ModelContext } from '../../handler.ts';
import type { GraphValue } from '../graph-value.ts';
import type { ModuleRef } from '../modules/module-ref.ts';
import type { Learner } from '../../experiment/feedback.ts';
import type { ArmWeight } from './arm-weight.ts';

/** The request that an arm is chosen for. */
export interface RouterCall {
  /** Names it in logs, and in feedback. */
  readonly requestId: string;
  /** Of the request; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What somebody has said of the experiment by hand; undefined for nothing. */
  readonly control?: ExperimentControl | undefined;
}

/** How an arm is run for nobody: neither the client nor the answer wait for it, and it may outlive both. */
export type RunBeside = (arm: string, value: GraphValue, options: BesideOptions) => Promise<GraphValue>;

/** What is run beside. */
export interface BesideOptions {
  /** Longest time until its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether requests of clients come before it, which may then be refused with `DROPPED`. Default: false. */
  readonly isBackground?: boolean;
}

/** The status of what was in the way of clients: RFC 6585, 4. */
export const DROPPED = 429;

/** The least reward and the greatest. */
export type RewardRange = readonly [least: number, most: number];

/** Where a request goes. */
export interface Route {
  /** One of the router's arms. */
  readonly arm: string;
  /** The one that is asked when it fails. */
  readonly instead?: string;
  /** Longest time of the arm, in milliseconds; by default what the step has. */
  readonly timeoutMs?: number;
  /** What it went by, as JSON, for `learn`; by default nothing. */
  readonly features?: string | undefined;
}

/** What came of it. */
export interface RouteOutcome {
  /** The request that the arm was asked. Its bytes are there until the answer has left: whoever needs them longer takes a copy. */
  readonly value: GraphValue;
  /** Whose it was. */
  readonly call: RouterCall;
  /** Runs another arm. */
  readonly runBeside: RunBeside;
  /** Time until the answer, or the failure, in milliseconds. */
  readonly ms: number;
  /** What the arm failed with; undefined when it has answered. */
  readonly error?: unknown;
  /** When it has failed: whether the client had `left`, or the time of the router was over. */
  readonly isGone?: 'left' | 'late' | undefined;
  /** When it has failed and another arm was asked instead: whether that has answered. */
  readonly isRescued?: boolean | undefined;
  /** What it answered; undefined when it has failed. */
  readonly answer?: GraphValue;
}

/** A router's policy at work, in one worker. */
export interface RouterPolicy {
  /** @throws PredictionError where no arm can be chosen: the request fails with it */
  choose(value: GraphValue, call: RouterCall): Route | Promise<Route>;
  /** Told of each request that an arm was asked for, before the client has its answer: what takes time is done later. */
  answered?(route: Route, outcome: RouteOutcome): void;
  /** What its document in the store becomes by feedback that counts for it; undefined for a policy that goes by counts. */
  readonly learn?: Learner | undefined;
  /** What people are shown of it under the name of the policy: an object of JSON. */
  state?(): unknown;
  /** Changes it as somebody wants, in place of freezing it and setting weights. @throws PredictionError for what it does not know */
  command?(message: unknown): Promise<void>;
}

/** The arms of a router, for what no request asks. */
export interface RouterArms {
  /** Why one cannot answer; undefined when it can. */
  problem(arm: string): string | undefined;
  /** Asks one. */
  readonly ask: RunBeside;
}

/** A policy as the graph's YAML has it. */
export interface PolicyConfig {
  /** Arms without which the router cannot answer; of the others one must be able to. */
  readonly neededArms: readonly string[];
  /** The shares of the arms, where they are known before; for people. */
  readonly weights?: readonly ArmWeight[];
  /** Of the graph's own; undefined for a policy that has none. */
  readonly module?: ModuleRef | undefined;
  /** Whether it chooses by weights that somebody set by hand (`RouterCall.control`); otherwise they are drawn for it. Default false. */
  readonly takesWeights?: boolean;
  /** In which rewards must be; by default any number is one. */
  readonly rewardRange?: RewardRange | undefined;
  /** As the state of the experiment shows them; by default the options of the YAML. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Resolves when it can choose. @param context of the graph */
  open(context: ModelContext, arms: RouterArms): RouterPolicy | Promise<RouterPolicy>;
}

/** The step whose policy is read. */
export interface RouterPlace {
  /** Path of the step, for messages. */
  readonly key: string;
  /** Of the router; no other of the graph has it. */
  readonly name: string;
  /** Names of its arms; at least one. */
  readonly arms: readonly string[];
}

/** A kind of policy. */
export interface PolicyKind {
  /** Keys of the step beside those of every router. */
  readonly keys: readonly string[];
  /** @throws Error for a wrong option, with its place */
  read(fields: Readonly<Record<string, unknown>>, place: RouterPlace): PolicyConfig;
}
