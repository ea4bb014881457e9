/** What all worker processes of a server have in common. */
import type { Logger } from '../../core/logger.ts';
import type { AskedModels } from './ask-exchange.ts';
import type { LoadOptions } from './load-message.ts';
import type { ProcessSource } from './process-source.ts';
import type { SeatWorker } from './worker-seat.ts';

/** The same for every worker that a server starts. */
export interface WorkerProcessOptions extends Omit<LoadOptions, 'asksAhead'> {
  /** Each worker makes its own of it, with model, version and worker in its fields. */
  readonly logger: Logger;
  /** Where each gets its process. */
  readonly processes: ProcessSource;
  /** Where front ends find each; undefined where there are none. */
  readonly seat?: SeatWorker | undefined;
  /** What is wrong with the facts beside an answer, by the codec that made them; undefined when nothing is. */
  readonly replyProblem: (codec: string, meta: unknown) => string | undefined;
  /** The models that each may ask. */
  readonly asked: AskedModels;
}
