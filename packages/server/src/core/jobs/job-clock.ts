/** Ends jobs whose time is over: what their clients, their model and their server say. */
import { ServeError } from '../errors.ts';
import { startTimer } from '../timer.ts';
import type { Job, JobRequest } from './job.ts';

/** How long jobs may take, in milliseconds. */
export interface JobLimits {
  /** From the arrival to the answer; 0 for no limit. */
  readonly clientTimeoutMs: number;
  /** Until a worker has it. */
  readonly responseTimeoutMs: number;
}

/** What jobs are held to, and what becomes of those whose time is over. */
export interface JobClockOptions {
  /** The limits of the version. */
  readonly settings: JobLimits;
  /** The jobs that no worker has yet. */
  readonly waiting: () => Iterable<Job>;
  /** Called once for a job whose time is over. */
  readonly expire: (job: Job, error: ServeError) => void;
}

/**
 * Bounds a job's whole life by what its client and its model allow, and its wait for a worker by the response timeout. That is
 * the same for all, and seldom over, so they share a timer.
 */
export class JobClock {
  readonly #options: JobClockOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: JobClockOptions) {
    this.#options = options;
  }

  /** To be called when a job begins to wait, be it given to a worker at once. */
  watch(job: Job): void {
    const { expire, settings } = this.#options;
    const now = performance.now();
    job.waitsSince = now;
    if (this.#timer === undefined) this.#timer = this.#startTimer(settings.responseTimeoutMs);
    const limitMs = this.#limitMs(job.request);
    const left = limitMs - (now - job.arrivedAt);
    if (left < Infinity) job.remind(left, () => expire(job, timeIsOver(job.request, limitMs)));
  }

  /** Ends a job whose own time is over, and says whether it is. */
  endIfOver(job: Job, now: number): boolean {
    const limitMs = this.#limitMs(job.request);
    if (now - job.arrivedAt < limitMs) return false;
    this.#options.expire(job, timeIsOver(job.request, limitMs));
    return true;
  }

  /** Nobody has to stay for it: without jobs, there is nothing to be ended. */
  #startTimer(ms: number): NodeJS.Timeout {
    return startTimer(() => this.#endWaiting(), ms).unref();
  }

  /** Ends those that have waited too long, and looks again when the next one will have. */
  #endWaiting(): void {
    const { expire, settings, waiting } = this.#options;
    const latest = performance.now() - settings.responseTimeoutMs;
    const jobs = [...waiting()];
    const leftMs = jobs.map(({ waitsSince }) => waitsSince - latest).filter((ms) => ms > 0);
    this.#timer = leftMs.length === 0 ? undefined : this.#startTimer(Math.max(1, Math.min(...leftMs)));
    for (const job of jobs) if (job.waitsSince <= latest) expire(job, waitedTooLong(settings.responseTimeoutMs));
  }

  /** Milliseconds from the arrival to the answer: the least of what client and model allow; Infinity without either. */
  #limitMs({ timeoutMs = Infinity }: JobRequest): number {
    return Math.min(timeoutMs, this.#options.settings.clientTimeoutMs || Infinity);
  }
}

function timeIsOver({ timeoutMs }: JobRequest, limitMs: number): ServeError {
  const source = timeoutMs === limitMs ? 'the limit of the request' : 'client_timeout of the server or its model';
  return new ServeError('deadline_exceeded', `There was no answer within ${limitMs} ms (${source}).`);
}

function waitedTooLong(limitMs: number): ServeError {
  const message = `No worker was free within ${limitMs / 1000} s (response_timeout). Try again later.`;
  return new ServeError('deadline_exceeded', message);
}
