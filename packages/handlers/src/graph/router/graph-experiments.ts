/** The experiments of a graph: what its routers decide is noted, and those who ask are told what came of it. */
import type { ExperimentControl, ExperimentStore } from '../../experiment/experiment-store.ts';
import type { ExperimentCall } from '../../experiment/experiment-call.ts';
import { experimentReport } from '../../experiment/experiment-report.ts';
import type { Feedback, FeedbackOutcome, Learner } from '../../experiment/feedback.ts';
import { readControl } from '../../experiment/read-control.ts';
import { isOfSeldon, readFeedback, type ReadFeedback } from '../../experiment/read-feedback.ts';
import type { HandlerMetrics, ModelContext } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import { localModelOf } from '../../transformer/local-model.ts';
import { hasTensors } from '../../transformer/payload.ts';
import type { GraphValue } from '../graph-value.ts';
import { nodesOf, routersOf, type RouterStep, type Step } from '../step.ts';
import type { RouterCall, RouterPolicy } from './router-policy.ts';

/** What a graph's experiments are made of. */
export interface GraphExperimentsOptions {
  /** The whole graph. */
  readonly step: Step;
  /** Of its model. */
  readonly store: ExperimentStore;
  /** Of the graph. */
  readonly context: Pick<ModelContext, 'modelName' | 'modelVersion'>;
  /** Of its routers. */
  readonly policies: ReadonlyMap<RouterStep, RouterPolicy>;
}

/** Each router is one. */
export class GraphExperiments {
  readonly #store: ExperimentStore;
  readonly #routers: ReadonlyMap<string, RouterStep>;
  /** Models that the graph asks: they may have experiments, too. */
  readonly #nested: readonly string[];
  readonly #context: GraphExperimentsOptions['context'];
  readonly #policies: GraphExperimentsOptions['policies'];
  /** Of routers whose policies learn by themselves. */
  readonly #learners: ReadonlyMap<string, Learner>;

  constructor({ step, store, context, policies }: GraphExperimentsOptions) {
    this.#policies = policies;
    this.#store = store;
    this.#context = context;
    this.#routers = new Map(routersOf(step).map((router) => [router.name, router]));
    this.#learners = new Map(
      [...policies].flatMap(([{ name }, { learn }]) => (learn === undefined ? [] : [[name, learn] as const])),
    );
    const nested = nodesOf(step).flatMap(({ host }) => localModelOf(host)?.name ?? []);
    this.#nested = [...new Set(nested)].filter((name) => name !== context.modelName);
  }

  /** What somebody has said of a router by hand. */
  async control(router: string): Promise<ExperimentControl> {
    return (await this.#store.readState(router)).control;
  }

  /** An arm was chosen for a request. */
  decided(router: string, arm: string, { value, call, features }: RouterRequest): void {
    this.#store.noteDecision(router, { request: call.requestId, arm, items: itemsOf(value), features });
  }

  /** @throws PredictionError for a call that is none, or that cannot be done */
  async answer(call: ExperimentCall, metrics: HandlerMetrics): Promise<unknown> {
    // In Seldon's protocol, feedback to what learns nothing is no error.
    if (this.#routers.size === 0 && call.operation === 'feedback' && isOfSeldon(call.message)) return {};
    if (this.#routers.size === 0)
      throw new PredictionError(`Model "${this.#context.modelName}" has no experiment: its graph has no router`, 404);
    switch (call.operation) {
      case 'feedback':
        return this.#feedback(call.message, metrics);
      case 'state':
        return this.#state(call.experiment);
      case 'control': {
        const router = this.#chosen(call);
        await this.#change(router, call.message);
        return this.#state(router.name);
      }
      case 'reset': {
        const { name } = this.#chosen(call);
        await this.#store.reset(name);
        return this.#state(name);
      }
    }
  }

  /** A policy that goes its own way knows what may be done with it. */
  async #change(router: RouterStep, message: unknown): Promise<void> {
    const { name, arms } = router;
    const policy = this.#policies.get(router);
    if (policy?.command !== undefined) await policy.command(message);
    else await this.#store.updateControl(name, readControl(message, Object.keys(arms)));
  }

  /** The only one, or the one that is named. */
  #chosen({ experiment }: Pick<ExperimentCall, 'experiment'>): RouterStep {
    const [only, ...others] = this.#routers.values();
    const found = experiment === undefined ? (others.length === 0 ? only : undefined) : this.#routers.get(experiment);
    if (found !== undefined) return found;
    const names = [...this.#routers.keys()].join(', ');
    if (experiment === undefined)
      throw new PredictionError(
        `The graph has several experiments: say which one, as ?experiment=NAME, of ${names}`,
        400,
      );
    throw new PredictionError(`The graph has no experiment "${experiment}"; it has ${names}`, 404);
  }

  async #state(experiment: string | undefined): Promise<unknown> {
    const routers = experiment === undefined ? [...this.#routers.values()] : [this.#chosen({ experiment })];
    const { modelName: model, modelVersion: version } = this.#context;
    const experiments = await Promise.all(
      routers.map(async (router) => {
        const { name, policyName, policy, arms } = router;
        const state = await this.#store.readState(name);
        const { problem } = this.#store;
        const { parameters = {}, rewardRange } = policy;
        const facts = { name, policy: policyName, parameters, arms: Object.keys(arms), rewardRange, problem };
        const own = this.#policies.get(router)?.state?.();
        return { ...experimentReport(facts, state), ...(own !== undefined && { [policyName]: own }) };
      }),
    );
    return { model, version, experiments };
  }

  async #feedback(message: unknown, metrics: HandlerMetrics): Promise<unknown> {
    const routers = new Map([...this.#routers].map(([name, { arms }]) => [name, Object.keys(arms)]));
    const { isList, all } = readFeedback(message, routers);
    const readable = all.filter(isFeedback);
    const sent = readable.map((each) => ({ ...each, nested: this.#nested, problem: this.#problemOf }));
    const outcomes = sent.length === 0 ? [] : await this.#store.addFeedback(sent, this.#learners);
    readable.forEach((each, index) => observe(each, outcomes[index], metrics));
    const results = all.map((each) => (isFeedback(each) ? answerOf(each, outcomes[readable.indexOf(each)]) : each));
    if (isList) return { results: results.map(told) };
    const [only] = results;
    if (only instanceof PredictionError) throw only;
    return only;
  }

  readonly #problemOf = (router: string, rewards: readonly number[], items?: number): string | undefined => {
    const [least, most] = this.#routers.get(router)?.policy.rewardRange ?? [-Infinity, Infinity];
    const odd = rewards.find((reward) => reward < least || reward > most);
    if (odd !== undefined) return `"${router}" takes rewards from ${least} to ${most}, got ${odd}`;
    if (items === undefined || rewards.length === 1 || rewards.length === items) return undefined;
    return `the request had ${items} instances, and there are ${rewards.length} rewards; expected 1 or ${items}`;
  };
}

/** A request at a router. */
export interface RouterRequest {
  /** What the router was given. */
  readonly value: GraphValue;
  /** Of it. */
  readonly call: RouterCall;
  /** What its policy went by, as JSON; undefined for nothing. */
  readonly features: string | undefined;
}

function isFeedback(read: ReadFeedback): read is Feedback {
  return !(read instanceof PredictionError);
}

function itemsOf(value: GraphValue): number {
  if (!hasTensors(value)) return value.instances.length;
  return Object.values(value.inputs)[0]?.shape[0] ?? 1;
}

function observe({ rewards }: Feedback, outcome: FeedbackOutcome | undefined, metrics: HandlerMetrics): void {
  if (outcome?.kind !== 'counted') return;
  for (const [router, arm] of Object.entries(outcome.route)) {
    for (const reward of rewards) metrics.addHistogram('experiment_reward', reward, { dimensions: { router, arm } });
  }
}

const UNKNOWN =
  'it may be older than experiment_max_age, or of another model, or its graph asked no router. Say its route, as x-marserve-route of its answer has it';

function answerOf({ request: id }: Feedback, outcome: FeedbackOutcome | undefined): object {
  switch (outcome?.kind) {
    case 'counted':
      return { ...(id !== undefined && { id }), outcome: 'counted', route: outcome.route };
    case 'repeated':
      return {
        ...(id !== undefined && { id }),
        outcome: 'repeated',
        message: 'It was counted before, and is not again',
      };
    case 'refused':
      return new PredictionError(`Invalid feedback: ${outcome.problem}`, 400);
    case 'unknown':
    case undefined:
      return new PredictionError(`No decision is known for the request "${id}": ${UNKNOWN}`, 404);
  }
}

function told(result: object): object {
  if (!(result instanceof PredictionError)) return result;
  return { outcome: 'refused', status: result.status, message: result.message };
}
