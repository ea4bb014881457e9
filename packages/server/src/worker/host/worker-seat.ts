/** What several processes that share a worker need to know of it; `fleet/` provides it where there are front ends. */
import type { ServeError } from '../../core/errors.ts';
import type { ModelKey } from '../../core/model-key.ts';
import type { WorkerSharing } from '../../wire/daemon-message.ts';

/** A worker that is about to be started. */
export interface SeatedWorker {
  /** Its version. */
  readonly key: ModelKey;
  /** Its name. */
  readonly workerId: string;
  /** Ends its process at once: a front end found that it is of no use any more. */
  readonly kill: (reason: ServeError) => void;
}

/** Where front ends find one worker, from its start to its end. */
export interface WorkerSeat {
  /** For the worker. */
  readonly sharing: WorkerSharing;
  /** Whether the worker computes a batch of another process. */
  isElsewhere(): boolean;
  /** It can be given batches. */
  open(): void;
  /** Resolves when no front end needs it any more; none gives it further batches, but for what is left of a version that ends. */
  vacate(): Promise<void>;
  /** Its process is gone. @param error what is said of the batch that it computed */
  close(error: ServeError): void;
}

/** Makes a seat for each worker. @throws Error when the file system does not let it */
export type SeatWorker = (worker: SeatedWorker) => WorkerSeat;
