/** What all worker processes of a server have in common. */
import type { Logger } from '../../core/logger.ts';
import type { LoadOptions } from './load-message.ts';
import type { WorkerEnvOptions } from '../child/worker-env.ts';

/** The same for every worker that a server starts. */
export interface WorkerProcessOptions extends WorkerEnvOptions, LoadOptions {
  /** Each worker makes its own of it, with model, version and worker in its fields. */
  readonly logger: Logger;
  /** Threads that a library which computes should start; without it, as many as it finds right. */
  readonly threads?: number;
  /** What is wrong with the facts beside an answer, by the codec that made them; undefined when nothing is. */
  readonly replyProblem: (codec: string, meta: unknown) => string | undefined;
}
