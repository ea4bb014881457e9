/** Which versions may be asked for several requests in one. */
import type { BatchDispatcher } from './batch-dispatcher.ts';
import type { ModelVersion } from './model-version.ts';
import type { WorkerRunner } from './workers/worker-runner.ts';

/** What of a version decides. */
export interface AskedVersion {
  /** Its workers. */
  readonly runners: readonly Pick<WorkerRunner, 'mergesJobs' | 'rows'>[];
  /** How it is served. */
  readonly settings: Pick<ModelVersion['settings'], 'maxInflight'>;
  /** Gives them batches. */
  readonly dispatcher: Pick<BatchDispatcher, 'batchSize'>;
}

/**
 * How many requests may share one, as those that share a batch do: 1 where somebody wants no batches, or where it is not
 * certain that a handler of the server's own makes of each row what it would make of it alone.
 */
export function mostInRequest({ runners, settings: { maxInflight }, dispatcher }: AskedVersion): number {
  if (runners.length === 0 || !runners.every(keepsApart)) return 1;
  return Math.min(dispatcher.batchSize, maxInflight === 0 ? Infinity : maxInflight);
}

/** Trials are made with the rows of requests, which must come one by one for that. */
function keepsApart({ mergesJobs, rows }: AskedVersion['runners'][number]): boolean {
  return mergesJobs && rows !== undefined && 'merged' in rows && rows.merged !== 'tried';
}
