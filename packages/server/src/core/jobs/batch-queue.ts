/** The jobs that wait for a worker: bounded, first in first out, those that a client waits for before all others; any can leave early. */
import { bytesOf, requestsIn, type Job } from './job.ts';
import { JobLine } from './job-line.ts';
import { runsAlone } from './retry-policy.ts';

/** A queue of at most `capacity` requests; every operation takes constant time per job. */
export class BatchQueue {
  /** How many requests may wait. */
  readonly capacity: number;
  readonly #waiting = new JobLine();
  /** Those that came back from a worker that died; they are served before all others. */
  readonly #returned = new JobLine();
  /** Those that no client waits for; they are served when there are no others. */
  readonly #background = new JobLine();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** How many requests wait. */
  get length(): number {
    return this.#clients + this.#background.length;
  }

  /** How many requests stand in the line of the one to be served next. */
  get nextLength(): number {
    return this.#next().length;
  }

  /** Whether one more is refused. Those in the background are in nobody's way. */
  isFull(isBackground = false): boolean {
    return (isBackground ? this.length : this.#clients) >= this.capacity;
  }

  /** The job to be served next. */
  get first(): Job | undefined {
    return this.#next().first;
  }

  /** All that wait; none may come or leave meanwhile. */
  *[Symbol.iterator](): Generator<Job> {
    yield* this.#returned;
    yield* this.#waiting;
    yield* this.#background;
  }

  /** How many bytes so many requests from the front have, about. */
  bytesOfNext(count: number): number {
    let [bytes, left] = [0, count];
    for (const job of this.#next()) {
      if (left <= 0) break;
      left -= requestsIn(job);
      bytes += bytesOf(job.request);
    }
    return bytes;
  }

  /** Adds a job at the end; the caller has checked `isFull`. @returns the one in the background that has to leave for it */
  add(job: Job): Job | undefined {
    (job.request.isBackground === true ? this.#background : this.#waiting).add(job);
    const oldest = this.length > this.capacity ? this.#background.first : undefined;
    if (oldest !== undefined) this.#background.delete(oldest);
    return oldest;
  }

  /** Takes a job back that a worker did not answer; it was admitted once, so there is always room for it. */
  requeue(job: Job): void {
    (job.request.isBackground === true ? this.#background : this.#returned).add(job);
  }

  /** Takes a job out, wherever it stands; false when it was not here. */
  remove(job: Job): boolean {
    return this.#waiting.delete(job) || this.#returned.delete(job) || this.#background.delete(job);
  }

  /** Takes jobs of up to `count` requests from the front, at least one, as long as they may travel with the first. */
  take(count: number): Job[] {
    const jobs = this.#next();
    const batch: Job[] = [];
    let left = count;
    for (let job = jobs.first; job !== undefined && left > 0; job = jobs.first) {
      left -= requestsIn(job);
      if (batch.length > 0 && (left < 0 || !belongsTo(batch, job))) break;
      batch.push(job);
      jobs.delete(job);
    }
    return batch;
  }

  get #clients(): number {
    return this.#waiting.length + this.#returned.length;
  }

  #next(): JobLine {
    if (this.#clients === 0) return this.#background;
    return this.#returned.length > 0 ? this.#returned : this.#waiting;
  }
}

/**
 * A description travels alone; predictions and explanations only with their own kind, and with jobs over which as many
 * workers died.
 */
function belongsTo(batch: readonly Job[], job: Job): boolean {
  const [head] = batch;
  const { operation } = job.request;
  if (operation === 'describe' || operation !== head?.request.operation) return false;
  return job.deaths === head.deaths && !runsAlone(job);
}
