/** The loading of a model in a worker, until its end or its time is over. */
import type { ServeError } from '../../core/errors.ts';
import { startTimer } from '../../core/timer.ts';

/** It ends once. */
export class Loading {
  /** Resolves when the model is loaded; rejects with the reason why it is not. */
  readonly done: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: ServeError) => void = () => {};
  #isOver = false;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param onTimeout called when it takes longer than so many milliseconds */
  constructor(timeoutMs: number, onTimeout: () => void) {
    this.#timer = startTimer(onTimeout, timeoutMs);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** @throws Error when it is over */
  succeed(): void {
    this.#end();
    this.#resolve();
  }

  /** @throws Error when it is over */
  fail(error: ServeError): void {
    this.#end();
    this.#reject(error);
  }

  /** There is no process any more that could load; does nothing when it is over. */
  abandon(error: ServeError): void {
    if (!this.#isOver) this.fail(error);
  }

  #end(): void {
    if (this.#isOver) throw new Error('the end of a loading that has ended');
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
