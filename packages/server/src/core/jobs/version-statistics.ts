/** What has become of a version's requests since it was registered, and where their time went; sums, which cost a few additions a request. */
import type { StageTimes } from '../metrics.ts';

/** How often something happened, and how long it took together, in milliseconds. */
export interface Total {
  /** How often. */
  readonly count: number;
  /** How long together. */
  readonly ms: number;
}

/** Where the time inside a worker went: from bytes to what the model takes, the model, from what it gave to bytes. */
export interface ComputeTotals {
  /** Decoding, and the handler's `preprocess`. */
  readonly input: Total;
  /** The rest of the handler. */
  readonly infer: Total;
  /** The handler's `postprocess`, and encoding. */
  readonly output: Total;
}

/** The sums of a version's requests. */
export interface VersionFigures {
  /** When a batch was answered last, in milliseconds since 1970; 0 when none was. */
  readonly lastAnsweredAt: number;
  /** Batches with at least one request that succeeded. */
  readonly executions: number;
  /** From the arrival to the answer. */
  readonly succeeded: Total;
  /** Refused, given up, expired or failed: from the arrival to its end. */
  readonly failed: Total;
  /** Of those that succeeded, from the arrival to the hand-over to a worker. */
  readonly queued: Total;
  /** Of each request that succeeded, or was answered in parts: the times of the whole batch that it was in. */
  readonly compute: ComputeTotals;
  /** Requests in a batch → the batches of that size, each once. */
  readonly batches: ReadonlyMap<number, ComputeTotals>;
}

/** A batch that its worker answered. */
export interface AnsweredBatch {
  /** Requests in it. */
  readonly size: number;
  /** How many of them did not fail. */
  readonly answered: number;
  /** Of the whole batch. */
  readonly stages: StageTimes;
}

/** Counts for one version. */
export class VersionStatistics {
  readonly #succeeded = new Sum();
  readonly #failed = new Sum();
  readonly #queued = new Sum();
  readonly #compute = new ComputeSums();
  readonly #batches = new Map<number, ComputeSums>();
  #executions = 0;
  #lastAnsweredAt = 0;

  /** Counts a request that was answered. @param totalMs from its arrival to its answer */
  succeeded(queueMs: number, totalMs: number): void {
    this.#queued.add(queueMs);
    this.#succeeded.add(totalMs);
  }

  /** @param totalMs 0 for one that was refused at once */
  failed(totalMs: number): void {
    this.#failed.add(totalMs);
  }

  /** Counts a batch; one in which every request failed only as the latest. */
  batchAnswered({ size, answered, stages }: AnsweredBatch): void {
    this.#lastAnsweredAt = Date.now();
    if (answered === 0) return;
    this.#executions += 1;
    this.#compute.add(stages, answered);
    this.#batchesOf(size).add(stages);
  }

  /** Adds what was counted elsewhere. */
  add(figures: VersionFigures): void {
    this.#lastAnsweredAt = Math.max(this.#lastAnsweredAt, figures.lastAnsweredAt);
    this.#executions += figures.executions;
    this.#succeeded.addTotal(figures.succeeded);
    this.#failed.addTotal(figures.failed);
    this.#queued.addTotal(figures.queued);
    this.#compute.addTotals(figures.compute);
    for (const [size, totals] of figures.batches) this.#batchesOf(size).addTotals(totals);
  }

  /** The sums at this moment. */
  read(): VersionFigures {
    return {
      lastAnsweredAt: this.#lastAnsweredAt,
      executions: this.#executions,
      succeeded: this.#succeeded.read(),
      failed: this.#failed.read(),
      queued: this.#queued.read(),
      compute: this.#compute.read(),
      batches: new Map([...this.#batches].map(([size, sums]) => [size, sums.read()])),
    };
  }

  #batchesOf(size: number): ComputeSums {
    const known = this.#batches.get(size);
    if (known !== undefined) return known;
    const first = new ComputeSums();
    this.#batches.set(size, first);
    return first;
  }
}

class ComputeSums {
  readonly #input = new Sum();
  readonly #infer = new Sum();
  readonly #output = new Sum();

  /** What a handler does beside its stages counts as inference, and all of it where it has none. */
  add({ decodeMs, encodeMs, handlerMs, preprocessMs = 0, postprocessMs = 0 }: StageTimes, times = 1): void {
    this.#input.add(decodeMs + preprocessMs, times);
    this.#infer.add(handlerMs - preprocessMs - postprocessMs, times);
    this.#output.add(postprocessMs + encodeMs, times);
  }

  addTotals({ input, infer, output }: ComputeTotals): void {
    this.#input.addTotal(input);
    this.#infer.addTotal(infer);
    this.#output.addTotal(output);
  }

  read(): ComputeTotals {
    return { input: this.#input.read(), infer: this.#infer.read(), output: this.#output.read() };
  }
}

class Sum {
  #count = 0;
  #ms = 0;

  /** A worker's report can be anything: what is no time counts as none. */
  add(ms: number, times = 1): void {
    this.#count += times;
    if (ms > 0 && ms < Infinity) this.#ms += ms * times;
  }

  addTotal({ count, ms }: Total): void {
    this.#count += count;
    this.#ms += ms;
  }

  read(): Total {
    return { count: this.#count, ms: this.#ms };
  }
}
