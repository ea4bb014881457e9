/** The policy `shadow`: one arm answers, the others are asked the same for nobody, and what differs is counted. */
import { randomInt } from 'node:crypto';
import { SeededRandom } from '../../explain/random.ts';
import { configError, integer } from '../../model-config.ts';
import type { ModelContext } from '../../handler.ts';
import { isPredictionError, PredictionError } from '../../prediction-error.ts';
import type { GraphValue } from '../graph-value.ts';
import { SHADOW_HEADER } from './beside-run.ts';
import { keptValue } from './kept-value.ts';
import { numberWithin, optionReader } from './option-reader.ts';
import {
  DROPPED,
  type PolicyKind,
  type Route,
  type RouteOutcome,
  type RouterPlace,
  type RouterPolicy,
} from './router-policy.ts';
import { isSameAnswer } from './same-answer.ts';

/** The arm that answers. */
const MAIN = 'main';

/** All arms but `main` are shadows. */
export const shadow: PolicyKind = {
  keys: ['share', 'tolerance', 'max_in_flight', 'shadow_timeout_ms', 'seed'],
  read(fields, place) {
    const { key, arms } = place;
    if (!arms.includes(MAIN) || arms.length < 2) {
      throw configError(`${key}.router`, 'main and arms beside it', arms.join(', '));
    }
    const option = optionReader(fields, key);
    const options: ShadowOptions = {
      place,
      share: option('share', numberWithin(0, 1)) ?? 1,
      tolerance: option('tolerance', numberWithin(0)) ?? 1e-6,
      most: option('max_in_flight', integer(1, 1000)) ?? 8,
      timeoutMs: option('shadow_timeout_ms', integer(1)) ?? 10_000,
      seed: option('seed', integer(0)),
    };
    return { neededArms: [MAIN], takesWeights: true, open: (context) => new Shadow(options, context) };
  },
};

interface ShadowOptions {
  readonly place: RouterPlace;
  readonly share: number;
  readonly tolerance: number;
  readonly most: number;
  readonly timeoutMs: number;
  readonly seed: number | undefined;
}

/** Questions of a worker wait for each other's bytes: shadows are not to hold those up that somebody waits for. */
const MOST_BYTES = 16 * 2 ** 20;

/** What one arm is asked beside the main one, and what that has answered. */
interface Question extends Pick<RouteOutcome, 'runBeside'> {
  readonly arm: string;
  readonly requestId: string;
  readonly value: GraphValue;
  readonly answer: GraphValue;
  readonly bytes: number;
}

class Shadow implements RouterPolicy {
  readonly #options: ShadowOptions;
  readonly #context: ModelContext;
  readonly #random: SeededRandom;
  #inFlight = 0;
  #bytes = 0;

  constructor(options: ShadowOptions, context: ModelContext) {
    this.#options = options;
    this.#context = context;
    this.#random = new SeededRandom(options.seed ?? randomInt(2 ** 32));
  }

  choose(): Route {
    return { arm: MAIN };
  }

  async command(): Promise<void> {
    throw new PredictionError('A shadow is not changed by hand: its main arm answers all requests', 400);
  }

  /** What the main arm has not answered has nothing to be held against. */
  answered(_: Route, { answer, value, call, runBeside }: RouteOutcome): void {
    if (answer === undefined || call.headers[SHADOW_HEADER] !== undefined) return;
    if (this.#random.next() >= this.#options.share) return;
    for (const arm of this.#options.place.arms) {
      if (arm === MAIN) continue;
      if (this.#inFlight >= this.#options.most) this.#count(arm, 'skipped');
      else this.#begin({ arm, requestId: call.requestId, runBeside, value, answer });
    }
  }

  #begin(question: Omit<Question, 'bytes'>): void {
    const [value, answer] = [keptValue(question.value), keptValue(question.answer)];
    const bytes = value.bytes + answer.bytes;
    if (this.#bytes + bytes > MOST_BYTES) return this.#count(question.arm, 'skipped');
    this.#inFlight += 1;
    this.#bytes += bytes;
    // The answer of the main arm leaves first.
    setImmediate(() => {
      // It never rejects.
      void this.#run({ ...question, value: value.value, answer: answer.value, bytes });
    });
  }

  async #run({ arm, requestId, value, answer, bytes, runBeside }: Question): Promise<void> {
    const { logger } = this.#context;
    const { tolerance, timeoutMs } = this.#options;
    try {
      const isSame = isSameAnswer(answer, await runBeside(arm, value, { timeoutMs, isBackground: true }), tolerance);
      this.#count(arm, isSame ? 'same' : 'different');
      if (!isSame) logger.debug('a shadow has answered otherwise', { arm, request: requestId });
    } catch (error) {
      this.#count(arm, isPredictionError(error) && error.status === DROPPED ? 'dropped' : 'failed');
      logger.debug('a shadow has failed', { arm, request: requestId, error });
    } finally {
      this.#inFlight -= 1;
      this.#bytes -= bytes;
    }
  }

  #count(arm: string, outcome: 'same' | 'different' | 'failed' | 'dropped' | 'skipped'): void {
    const dimensions = { router: this.#options.place.name, arm, outcome };
    this.#context.metrics.addCounter('graph_shadow_total', 1, { dimensions });
  }
}
