/** What a worker knows of the models that its handler asks: never waited for, and a second old at most while they are asked. */
import type { LocalModel, LocalModelFacts } from '@marserve/handlers/context';
import type { ModelAsks } from './model-asks.ts';

// A handler may replace what is global.
const now = performance.now.bind(performance);

/** It is asked for again after so long, in milliseconds. */
const AGE_MS = 1000;
const MOST_MODELS = 256;
const NOTHING: LocalModelFacts = Object.freeze({});

interface KnownModel {
  facts: LocalModelFacts;
  /** When it was asked for, by the clock. */
  readonly askedAt: number;
}

/** Of a worker. */
export class KnownModels {
  readonly #describe: ModelAsks['describe'];
  readonly #known = new Map<string, KnownModel>();

  /** @param describe asks the server */
  constructor(describe: ModelAsks['describe']) {
    this.#describe = describe;
  }

  /** What is known so far: the same object for as long as it is the same registration. */
  of(model: LocalModel): LocalModelFacts {
    const name = `${model.name}/${model.version ?? ''}`;
    const known = this.#known.get(name);
    if (known !== undefined && now() - known.askedAt < AGE_MS) return known.facts;
    if (known === undefined && this.#known.size === MOST_MODELS) this.#known.clear();
    const latest = { facts: known?.facts ?? NOTHING, askedAt: now() };
    this.#known.set(name, latest);
    this.#describe(model).then(
      (facts) => {
        if (!isSame(facts, latest.facts)) latest.facts = facts;
      },
      () => {},
    );
    return latest.facts;
  }

  /** They are not to be relied on any more, until the model is asked for again. */
  forget(facts: LocalModelFacts): void {
    for (const [name, known] of this.#known) {
      if (known.facts === facts) this.#known.set(name, { facts: NOTHING, askedAt: now() });
    }
  }
}

function isSame(one: LocalModelFacts, other: LocalModelFacts): boolean {
  return one.serial !== undefined && one.serial === other.serial && one.sharedBy === other.sharedBy;
}
