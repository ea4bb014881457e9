/** Whether a version takes one more job: so many may wait, and so many be in flight. */
import type { ServeError } from '../errors.ts';
import type { ModelKey } from '../model-key.ts';
import { queueFull, tooManyInFlight } from '../queue-full.ts';
import type { VersionSettings } from '../registry/version-settings.ts';
import type { BatchQueue } from './batch-queue.ts';
import type { Job, JobRequest } from './job.ts';

/** What clients that are refused read of the bounds. */
export interface RoomNames {
  /** What bounds the queue; `job_queue_size` by default. */
  readonly queueLimit?: string;
  /** What bounds the jobs in flight; `max_inflight` by default. */
  readonly inflightLimit?: string;
}

/** The bounds of a version. */
export interface JobRoomOptions extends RoomNames {
  /** For messages. */
  readonly key: ModelKey;
  /** How many may be in flight. */
  readonly settings: Pick<VersionSettings, 'maxInflight'>;
  /** Those that wait. */
  readonly queue: Pick<BatchQueue, 'capacity' | 'isFull'>;
  /** Whether a worker would take a job at once. */
  readonly hasIdle: () => boolean;
}

/** What a job needs room for. */
export type AskedRoom = Pick<JobRequest, 'operation' | 'isBackground' | 'requests'>;

/** Counts only where there is something to count for. */
export class JobRoom {
  readonly #options: JobRoomOptions;
  #inFlight = 0;

  constructor(options: JobRoomOptions) {
    this.#options = options;
  }

  /** Why there is no room; undefined while there is. */
  refusal({ operation, isBackground, requests = 1 }: AskedRoom): ServeError | undefined {
    const { key, settings, inflightLimit } = this.#options;
    const { maxInflight } = settings;
    if (maxInflight > 0 && this.#inFlight + requests > maxInflight && operation !== 'describe')
      return tooManyInFlight(key, maxInflight, inflightLimit);
    return this.#isFull(isBackground) ? this.full : undefined;
  }

  /** What one hears for whom there is no place to wait. */
  get full(): ServeError {
    const { key, queue, queueLimit } = this.#options;
    return queueFull(key, queue.capacity, queueLimit);
  }

  /** It is in flight until it is settled; one in the background takes no place of others. */
  count(job: Job): void {
    const { operation, isBackground, requests = 1 } = job.request;
    if (this.#options.settings.maxInflight === 0 || operation === 'describe' || isBackground === true) return;
    this.#inFlight += requests;
    job.onSettled = () => (this.#inFlight -= requests);
  }

  /** Where no job can wait, as in some of many front ends, each has to find an idle worker. */
  #isFull(isBackground?: boolean): boolean {
    const { queue, hasIdle } = this.#options;
    return queue.capacity === 0 ? !hasIdle() : queue.isFull(isBackground);
  }
}
