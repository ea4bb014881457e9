/** The jobs that wait for a worker: bounded, first in first out, any of them can leave early. */
import type { Job } from './job.ts';

/** A queue of at most `capacity` jobs; every operation takes constant time per job. */
export class BatchQueue {
  readonly capacity: number;
  readonly #jobs = new Set<Job>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#jobs.size;
  }

  get isFull(): boolean {
    return this.#jobs.size >= this.capacity;
  }

  /** The job that has waited longest. */
  get first(): Job | undefined {
    return this.#jobs.values().next().value;
  }

  /** Adds a job at the end; the caller has checked `isFull`. */
  add(job: Job): void {
    this.#jobs.add(job);
  }

  /** Takes a job out, wherever it stands; false when it was not here. */
  remove(job: Job): boolean {
    return this.#jobs.delete(job);
  }

  /** Takes up to `count` jobs from the front, as long as they ask for the same operation. */
  take(count: number): Job[] {
    const batch: Job[] = [];
    for (const job of this.#jobs) {
      if (batch.length >= count || !belongsTo(batch, job)) break;
      batch.push(job);
      this.#jobs.delete(job);
    }
    return batch;
  }
}

/** A description travels alone; predictions and explanations only with their own kind. */
function belongsTo(batch: readonly Job[], job: Job): boolean {
  const [head] = batch;
  if (head === undefined) return true;
  return head.request.operation === job.request.operation && job.request.operation !== 'describe';
}
