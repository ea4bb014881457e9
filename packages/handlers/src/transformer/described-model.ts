/** A model of the same server, and what is known of it: a question that is made for it is for that registration alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NOT_THE_SAME, type LocalModel, type LocalModelFacts, type ServerModels } from '../context/ask-model.ts';
import { isPredictionError } from '../prediction-error.ts';

/** How often, and how long apart in milliseconds, a question is asked that found another registration than the server's: front ends hear of it a moment later. */
const MOST_TRIES = 100;
const PAUSE_MS = 10;

/** A question that depends on what is known of the model. */
export interface DescribedQuestion<Q, T> {
  /** Makes it; the serial of the facts goes with it. */
  readonly make: (facts: LocalModelFacts) => Q;
  /** Asks it. */
  readonly ask: (question: Q) => Promise<T>;
  /** Ends the pauses between tries. */
  readonly signal: () => AbortSignal | undefined;
}

/** What it takes may be something else from one question to the next. */
export class DescribedModel {
  readonly #model: LocalModel;
  readonly #models: ServerModels;
  #facts: LocalModelFacts = {};

  constructor(model: LocalModel, models: ServerModels) {
    this.#model = model;
    this.#models = models;
  }

  /** Asks again, with newer facts, where it is another registration by now. @throws whatever making or asking throws */
  async ask<Q, T>({ make, ask, signal }: DescribedQuestion<Q, T>): Promise<T> {
    if (this.#facts.serial === undefined) await this.describe();
    for (let tries = 1; ; tries += 1) {
      // What does not fit the model of a moment ago may fit that of now.
      const question = this.#made(make) ?? make(await this.describe());
      const { serial } = this.#facts;
      try {
        return await ask(question);
      } catch (error) {
        if (!isPredictionError(error) || error.status !== NOT_THE_SAME || tries === MOST_TRIES) throw error;
        await this.describe();
        if (this.#facts.serial === serial) await sleep(PAUSE_MS, undefined, { signal: signal() });
      }
    }
  }

  #made<Q>(make: (facts: LocalModelFacts) => Q): Q | undefined {
    try {
      return make(this.#facts);
    } catch {
      return undefined;
    }
  }

  /** Asks the server, which knows at any time. */
  async describe(): Promise<LocalModelFacts> {
    this.#facts = await this.#models.describe(this.#model);
    return this.#facts;
  }
}
