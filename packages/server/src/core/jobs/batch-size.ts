/** How many jobs go into a batch: as many as somebody said, or as many as make it cheaper and nobody wait. */
import type { VersionSettings } from '../registry/version-settings.ts';
import type { Job } from './job.ts';
import { smoothed } from './smoothed.ts';

/** Most jobs in a batch whose size is `auto`. */
const MOST_IN_AUTO_BATCH = 32;

/**
 * About the longest time that such a batch takes, in milliseconds. What a job saves by sharing one is part of a millisecond:
 * where jobs take longer, they would wait for each other, fill the memory and come near `response_timeout` for little.
 */
const AUTO_BATCH_MS = 10;

/** Most jobs that a batch ever has. @param mergesJobs whether a worker is known to merge their rows */
export function largestBatch(setting: VersionSettings['batchSize'], mergesJobs: boolean): number {
  if (setting !== 'auto') return setting;
  return mergesJobs ? MOST_IN_AUTO_BATCH : 1;
}

/** Explanations take long, and gain nothing by a batch that they share: only rows of predictions are merged. */
export function isPrediction({ request }: Job): boolean {
  return request.operation === 'predict';
}

/** The size of the batches of one version, by what they take. */
export class BatchSize {
  readonly #setting: VersionSettings['batchSize'];
  /** What a job takes its worker, smoothed; Infinity as long as that is not known. */
  #jobMs = Infinity;

  constructor(setting: VersionSettings['batchSize']) {
    this.#setting = setting;
  }

  /** To be told of each batch that was answered: how many jobs it had, and how many milliseconds it took. */
  answered(jobs: number, ms: number): void {
    this.#jobMs = smoothed(this.#jobMs, ms / jobs);
  }

  /** Most jobs in the next batch, ≥ 1. @param mergesJobs whether its worker is known to merge their rows */
  next(mergesJobs: boolean): number {
    const largest = largestBatch(this.#setting, mergesJobs);
    return this.#setting === 'auto' ? Math.max(1, Math.min(largest, Math.floor(AUTO_BATCH_MS / this.#jobMs))) : largest;
  }

  /** Most requests that each of so many workers which merge them is given in one batch, ≥ 1. */
  ofEach(workers: number): number {
    const most = this.next(true);
    return this.#setting === 'auto' ? Math.max(1, Math.floor(most / Math.max(1, workers))) : most;
  }
}
