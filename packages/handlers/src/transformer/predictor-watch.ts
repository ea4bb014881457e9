/** Asks now and then whether a predictor can serve, and tells when that changes. */

/** It should be known soon that it is back. */
const INTERVAL_WITHOUT_MS = 1000;

/** Whom to ask, and to tell. */
export interface PredictorWatchOptions {
  /** Says why it cannot serve; undefined when it can. Never rejects. */
  readonly ask: () => Promise<string | undefined>;
  /** Milliseconds until it is asked again, while nothing is wrong. */
  readonly intervalMs: number;
  /** Whether something is wrong although it can serve. */
  readonly isDoubtful: () => boolean;
  /** Called with why it cannot serve, or with undefined, once and when it changes. */
  readonly onChange: (problem: string | undefined) => void;
}

/** Goes on for as long as the process. */
export class PredictorWatch {
  readonly #options: PredictorWatchOptions;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Nothing is known before `start`. */
  constructor(options: PredictorWatchOptions) {
    this.#options = options;
  }

  /** Resolves when it is known for the first time; never rejects. */
  async start(): Promise<void> {
    this.#problem = await this.#options.ask();
    this.#options.onChange(this.#problem);
    this.#askLater();
  }

  /** Asks at once, unless it is doing that; to be called when something has changed. */
  askSoon(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    // It never rejects.
    void this.#askAgain();
  }

  #askLater(): void {
    const { intervalMs, isDoubtful } = this.#options;
    const isFine = this.#problem === undefined && !isDoubtful();
    this.#timer = setTimeout(
      () => {
        // It never rejects.
        void this.#askAgain();
      },
      isFine ? intervalMs : Math.min(intervalMs, INTERVAL_WITHOUT_MS),
    );
    this.#timer.unref();
  }

  async #askAgain(): Promise<void> {
    this.#timer = undefined;
    const problem = await this.#options.ask();
    if (problem !== this.#problem) this.#options.onChange(problem);
    this.#problem = problem;
    this.#askLater();
  }
}
