/** Jobs in the order in which they came, any of which can leave early. */
import { requestsIn, type Job } from './job.ts';

/** Slots of jobs that have left are given up when they are so many, and half of all. */
const MOST_SPENT = 256;

/**
 * A line of jobs; every operation takes constant time. An array, and no Set: each table that a Set outgrows keeps the jobs
 * that were in it until all of the memory is looked through, and one that lives long outgrows one for every few dozen jobs.
 * That made a quarter of what a request leaves behind outlive it.
 */
export class JobLine {
  /** Undefined where one has left. */
  #slots: (Job | undefined)[] = [];
  /** Place of the first slot in the numbering of all jobs that ever stood here. */
  #firstPlace = 0;
  /** Those before it have left. */
  #head = 0;
  #length = 0;

  /** How many requests stand here: most jobs are one. */
  get length(): number {
    return this.#length;
  }

  /** The one that came first of all that stand here. */
  get first(): Job | undefined {
    while (this.#head < this.#slots.length && this.#slots[this.#head] === undefined) this.#head += 1;
    return this.#slots[this.#head];
  }

  /** Those that stand here, the first first; none may come or leave meanwhile. */
  *[Symbol.iterator](): Generator<Job> {
    for (let index = this.#head; index < this.#slots.length; index += 1) {
      const job = this.#slots[index];
      if (job !== undefined) yield job;
    }
  }

  /** Adds one behind all others; it stands in no other line. */
  add(job: Job): void {
    this.#makeRoom();
    job.place = this.#firstPlace + this.#slots.length;
    this.#slots.push(job);
    this.#length += requestsIn(job);
  }

  /** Whether it stands here. */
  has(job: Job): boolean {
    return this.#slots[job.place - this.#firstPlace] === job;
  }

  /** Takes it out, wherever it stands; false when it was not here. */
  delete(job: Job): boolean {
    if (!this.has(job)) return false;
    this.#slots[job.place - this.#firstPlace] = undefined;
    this.#length -= requestsIn(job);
    return true;
  }

  #makeRoom(): void {
    const spent = this.#length === 0 ? this.#slots.length : this.#head;
    if (spent < MOST_SPENT || spent < this.#slots.length / 2) return;
    this.#slots = this.#slots.slice(spent);
    this.#firstPlace += spent;
    this.#head = 0;
  }
}
