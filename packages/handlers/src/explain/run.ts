/** Work of an explainer under way: it stops when its client goes, lets other messages in, and tells how far it is. */
import type { HandlerContext } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';

/** Long ones tell so often. */
const PROGRESS_MS = 5000;
/** Messages wait no longer than this. */
const CHECKPOINT_MS = 20;

/**
 * To be awaited in each round of a loop that may take long: `pause` where the last one is some time ago, else nothing.
 * @param done as that of `pause`
 */
export type Checkpoint = (done?: number) => Promise<void>;

/** Of one row of a request. */
export class ExplainRun {
  /** Of that row alone. */
  readonly context: HandlerContext;
  readonly #doing: string;
  #toldAt = performance.now();
  #pausedAt = performance.now();

  /** @param doing for the log, such as `kernel_shap: explaining` */
  constructor(context: HandlerContext, doing: string) {
    this.context = context;
    this.#doing = doing;
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
    this.#pausedAt = now;
    if (now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    const percent = done === undefined ? {} : { percent: Math.round(100 * done) };
    const fields = { requestId: this.context.getRequestId(), ...percent };
    this.context.logger.info(this.#doing, fields);
  }

  /** See `Checkpoint`. @throws as `pause` */
  readonly checkpoint: Checkpoint = async (done) => {
    if (performance.now() - this.#pausedAt >= CHECKPOINT_MS) await this.pause(done);
  };
}
