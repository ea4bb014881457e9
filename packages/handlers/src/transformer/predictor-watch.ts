/** Asks now and then whether a predictor can serve, and tells when that changes. */
import type { Predictor } from './predictor.ts';

const INTERVAL_MS = 5000;
/** It should be known soon that it is back. */
const INTERVAL_WITHOUT_MS = 1000;
const TIMEOUT_MS = 2000;

/** Whom to ask, and to tell. */
export interface PredictorWatchOptions {
  /** It is asked. */
  readonly predictor: Predictor;
  /** Its addresses, for messages. */
  readonly host: string;
  /** Called with why it cannot serve, or with undefined, once and when it changes. */
  readonly onChange: (problem: string | undefined) => void;
}

/** Goes on for as long as the process. */
export class PredictorWatch {
  readonly #options: PredictorWatchOptions;
  #problem: string | undefined;

  /** Nothing is known before `start`. */
  constructor(options: PredictorWatchOptions) {
    this.#options = options;
  }

  /** Resolves when it is known for the first time; never rejects. */
  async start(): Promise<void> {
    this.#problem = await this.#ask();
    this.#options.onChange(this.#problem);
    this.#askLater();
  }

  #askLater(): void {
    const timer = setTimeout(
      () => {
        // It never rejects.
        void this.#askAgain();
      },
      this.#problem === undefined ? INTERVAL_MS : INTERVAL_WITHOUT_MS,
    );
    timer.unref();
  }

  async #askAgain(): Promise<void> {
    const problem = await this.#ask();
    if (problem !== this.#problem) this.#options.onChange(problem);
    this.#problem = problem;
    this.#askLater();
  }

  async #ask(): Promise<string | undefined> {
    const { predictor, host } = this.#options;
    try {
      const problem = await predictor.problem({ timeoutMs: TIMEOUT_MS });
      return problem && `the predictor at ${host} is not ready: ${problem}`;
    } catch (error) {
      return `the predictor cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
