/** What Seldon's bandits have in common: what they count, where they keep it, and what they say of it. */
import { randomInt } from 'node:crypto';
import type { ExperimentStore } from '../../experiment/experiment-store.ts';
import { SeededRandom } from '../../explain/random.ts';
import type { HandlerLogger } from '../../handler.ts';
import { isPlainObject } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import type { SeldonComponent } from '../component.ts';
import { payloadOf } from '../payload.ts';
import { replyMessage } from '../reply-message.ts';
import type { SeldonFeedback, SeldonMessage } from '../seldon-message.ts';
import type { BanditParameters } from './bandit-parameters.ts';
import type { UnitSurroundings } from './built-in-units.ts';
import type { SeldonUnit } from './seldon-unit.ts';

/** What is known, as it is kept. */
export interface BanditState {
  /** Of each child the predictions that were right. */
  readonly success: readonly number[];
  /** Of each child the predictions of which it is known whether they were right. */
  readonly tries: readonly number[];
  /** The best child after the last feedback; undefined before, and where nobody needs it. */
  readonly best?: number | undefined;
}

/** How children are chosen. */
export interface BanditPolicy {
  /** @returns the number of a child */
  readonly choose: (state: BanditState, random: SeededRandom) => number;
  /** What follows from a feedback, beside what is counted. */
  readonly learnt?: (state: BanditState, random: SeededRandom) => BanditState;
}

/** A router that learns from feedback: predictions of a request were right for a share of it, its reward. */
export class Bandit implements SeldonComponent {
  readonly #policy: BanditPolicy;
  readonly #name: string;
  readonly #store: ExperimentStore;
  readonly #random: SeededRandom;
  readonly #branches: readonly string[];
  readonly #logger: HandlerLogger | undefined;
  #known: BanditState;

  constructor(policy: BanditPolicy, { name, children, parameters }: SeldonUnit, surroundings: UnitSurroundings) {
    const { seed, verbose = false, branch_names: names } = parameters as BanditParameters;
    this.#policy = policy;
    this.#name = name;
    this.#store = surroundings.store();
    this.#random = new SeededRandom(seed ?? randomInt(2 ** 32));
    this.#branches = names === undefined ? children.map((child) => child.name) : names.split(':');
    this.#logger = verbose ? surroundings.context.logger : undefined;
    this.#known = this.#read(undefined);
  }

  /** By what is known now, or was when the store last answered. */
  async route(): Promise<number> {
    const kept = await this.#store.readDocument(this.#name).catch(() => this.#known);
    this.#known = this.#read(kept);
    const branch = this.#policy.choose(this.#known, this.#random);
    this.#logger?.info(`${this.#name} chooses ${this.#branches[branch]}`, { ...this.#known });
    return branch;
  }

  /**
   * As in the original, a share of a prediction counts as none.
   * @throws PredictionError 400 for a reward or a way that is none; StoreError where it cannot be kept, and nothing is counted then
   */
  async sendFeedbackRaw({ request, response, reward = 0 }: SeldonFeedback): Promise<SeldonMessage> {
    const branch = this.#branchOf(response?.meta?.routing?.[this.#name]);
    if (!(reward >= 0 && reward <= 1))
      throw new PredictionError(`reward: expected a number from 0 to 1, got ${valueText(reward)}`, 400);
    const count = predictionsOf(request);
    const right = Math.trunc(reward * count);
    const added = (state: BanditState) => this.#learnt(withCounts(state, branch, { right, count }));
    if (count > 0) {
      this.#known = this.#read(await this.#store.updateDocument(this.#name, (kept) => added(this.#read(kept))));
    }
    this.#logger?.info(`${this.#name} was right with ${this.#branches[branch]} ${right} of ${count} times`, {
      ...this.#known,
    });
    return replyMessage([], { data: { ndarray: [] } }, {});
  }

  #learnt(state: BanditState): BanditState {
    return this.#policy.learnt?.(state, this.#random) ?? state;
  }

  #branchOf(routing: unknown): number {
    const count = this.#branches.length;
    if (Number.isInteger(routing) && Number(routing) >= 0 && Number(routing) < count) return Number(routing);
    const expected = `expected the child that it took, from 0 to ${count - 1}`;
    throw new PredictionError(
      `response.meta.routing.${this.#name}: ${expected}, got ${routing === undefined ? 'nothing' : valueText(routing)}`,
      400,
    );
  }

  /** Of a graph that had another number of children nothing is known. */
  #read(kept: unknown): BanditState {
    const count = this.#branches.length;
    const { success, tries, best } = isPlainObject(kept) ? kept : {};
    if (!isCounts(success, count) || !isCounts(tries, count)) {
      const none = Array.from({ length: count }, () => 0);
      return { success: none, tries: none };
    }
    return { success, tries, ...(Number.isInteger(best) && Number(best) < count && { best: Number(best) }) };
  }
}

/** One for each row of data; one for anything else. */
function predictionsOf(request: SeldonMessage | undefined): number {
  if (request?.data === undefined) return 1;
  const { value } = payloadOf(request);
  return Array.isArray(value) ? value.length : 1;
}

function isCounts(value: unknown, count: number): value is number[] {
  return Array.isArray(value) && value.length === count && value.every(Number.isInteger);
}

interface Counted {
  readonly right: number;
  readonly count: number;
}

function withCounts(
  { success, tries, ...others }: BanditState,
  branch: number,
  { right, count }: Counted,
): BanditState {
  const added = (counts: readonly number[], more: number) => counts.with(branch, (counts[branch] ?? 0) + more);
  return { ...others, success: added(success, right), tries: added(tries, count) };
}
