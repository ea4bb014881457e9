/** One explanation under way: it stops when its client goes, lets other messages in, and tells how far it is. */
import type { HandlerContext } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';

/** Long ones tell so often. */
const PROGRESS_MS = 5000;

/** Of one row of a request. */
export class ExplainRun {
  /** Of that row alone. */
  readonly context: HandlerContext;
  readonly #method: string;
  #toldAt = performance.now();

  /** @param method for the log */
  constructor(context: HandlerContext, method: string) {
    this.context = context;
    this.#method = method;
  }

  /**
   * To be called after each piece of work.
   * @param done what is done of it, from 0 to 1; undefined where nobody knows
   * @throws PredictionError where nobody waits for the answer any more
   */
  async pause(done?: number): Promise<void> {
    // A message from the server, such as that the client has gone, is read in the meantime.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.context.getSignal().aborted) throw new PredictionError('Nobody waits for this explanation any more', 499);
    const now = performance.now();
    if (now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    const percent = done === undefined ? {} : { percent: Math.round(100 * done) };
    const fields = { requestId: this.context.getRequestId(), ...percent };
    this.context.logger.info(`${this.#method}: explaining`, fields);
  }
}
