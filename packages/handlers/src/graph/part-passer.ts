/** The parts of the last node's answer on their way to the client. */
import type { AnswerPart } from '../context/ask-model.ts';
import type { HandlerContext } from '../handler.ts';
import type { NamedTensors } from '@marserve/client';
import { PredictionError } from '../prediction-error.ts';
import { resultsOf, type TransformerRequest } from '../transformer/requests.ts';
import { asAnswer, type GraphValue } from './graph-value.ts';

/** In place of an answer whose parts the client has. */
export const PASSED_ON: GraphValue = Object.freeze({ instances: [] });

/** Whose answer it is. */
export interface PartPasserOptions {
  /** The request of the client. */
  readonly request: TransformerRequest;
  /** Of its batch. */
  readonly context: Pick<HandlerContext, 'sendPart'>;
  /** Longest time from one part to the next, in milliseconds. */
  readonly patienceMs: number;
  /** When the first part, or all of a whole answer, must be there, by `performance.now`; later ones need not. */
  readonly waitsUntil: number;
}

/** For one request. */
export class PartPasser {
  readonly #options: PartPasserOptions;
  /** Whether the client has some: nothing else can answer it then. */
  hasBegun = false;

  constructor(options: PartPasserOptions) {
    this.#options = options;
  }

  /**
   * Passes all on, each when the client has taken enough of those before.
   * @param renamed gives the graph's names to tensors
   * @throws PredictionError 504 when the next takes too long; whatever ends the parts early
   */
  async pass(parts: AsyncIterable<AnswerPart>, renamed: (value: GraphValue) => GraphValue): Promise<GraphValue> {
    const { context, request } = this.#options;
    for await (const part of this.#patiently(parts)) {
      const row = 'outputs' in part ? 0 : part.row;
      const value = 'outputs' in part ? { inputs: part.outputs as NamedTensors } : { instances: [part.value] };
      const ofRow = { ...request, rows: request.rows.slice(row, row + 1) };
      const [result] = resultsOf(ofRow, asAnswer(renamed(value)));
      this.hasBegun = true;
      await context.sendPart(request.places[row] ?? 0, result);
    }
    return PASSED_ON;
  }

  /** What a node is to give in so many milliseconds. @throws PredictionError 504 */
  inTime<T>(promise: Promise<T>, ms = this.#options.patienceMs): Promise<T> {
    return withinMs(ms, promise);
  }

  /** How long all parts may take that may take so long until the first; undefined for as long as they do. */
  wholeMs(firstMs = Infinity): number | undefined {
    return performance.now() + firstMs < this.#options.waitsUntil - CLOCK_MS ? firstMs : undefined;
  }

  /** The client may take its time, the node may not. */
  async *#patiently(parts: AsyncIterable<AnswerPart>): AsyncGenerator<AnswerPart> {
    const iterator = parts[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.inTime(iterator.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
}

/** Times that differ by less are the same. */
const CLOCK_MS = 1;

async function withinMs<T>(ms: number, promise: Promise<T>): Promise<T> {
  if (ms === Infinity) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PredictionError(`there was nothing for ${Math.round(ms)} ms`, 504)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
