/** What core counts and measures; `observability/` gives it names and a format. Durations are milliseconds. */
import type { MetricSeries, StageTimes as HandlerStageTimes } from '@marserve/handlers/context';
import type { ModelKey } from './model-key.ts';

/** Samples of one kind that a handler reported through `context.metrics`. */
export type HandlerSeries = MetricSeries;

/** Where the time of one answered job went. */
export interface JobTimes {
  /** From its arrival to the hand-over to a worker. */
  readonly queueMs: number;
  /** From its arrival to its answer. */
  readonly totalMs: number;
}

/** Where the time of one batch went inside its worker; a handler that has no such stages reports none. */
export interface StageTimes extends Readonly<HandlerStageTimes> {
  /** From the bytes of the requests to the rows that the handler gets. */
  readonly decodeMs: number;
  /** From the handler's results to the bytes of the answers. */
  readonly encodeMs: number;
  /** Inside the handler, its stages included. */
  readonly handlerMs: number;
  /** Inside the worker process: decoding, handler, encoding. */
  readonly predictionMs: number;
}

/** Where the time of one batch went. */
export interface BatchTimes extends StageTimes {
  /** Rows in the batch. */
  readonly size: number;
  /** From the hand-over to the answer, less `predictionMs`: the wire and the waiting. */
  readonly overheadMs: number;
}

/** Receives every event worth counting; must not throw and must be cheap. */
export interface Metrics {
  /** Predictions or explanations asked for, whatever becomes of them; `version` undefined when none was named, `count` is 1 by default. */
  requestReceived(name: string, version: string | undefined, count?: number): void;
  /** An answered job, well or not; `requests` is how many it stands for, 1 by default. */
  jobDone(key: ModelKey, times: JobTimes, requests?: number): void;
  /** A batch that its worker answered, whatever it says of each job. */
  batchDone(key: ModelKey, times: BatchTimes): void;
  /** What a handler measured itself while it loaded or ran a batch. */
  handlerSamples(key: ModelKey, samples: readonly HandlerSeries[]): void;
  /** A worker that is ready; `ms` from spawn to ready. */
  workerLoaded(key: ModelKey, workerId: string, ms: number): void;
  /** A job that is run again because its worker died. */
  jobRetried(key: ModelKey): void;
  /** A job that nobody waits for any more, before it was answered. */
  jobExpired(key: ModelKey): void;
  /** A worker that ended without having been asked to. */
  workerDied(key: ModelKey, workerId: string): void;
  /** A worker that is ended because of what it sent. */
  frameRefused(key: ModelKey): void;
  /** Lines of a worker that were too many for the log. */
  linesDropped(key: ModelKey, count: number): void;
  /** A worker that is gone for good. */
  workerStopped(key: ModelKey, workerId: string): void;
  /** A worker that is replaced by a fresh one because it has served or grown enough. */
  workerRecycled(key: ModelKey): void;
  /** A move between the least and the greatest number of workers. */
  autoscaled(key: ModelKey, direction: 'up' | 'down'): void;
  /** Jobs that wait, after each change. */
  queueLength(key: ModelKey, length: number): void;
  /** Workers that are ready, after each change. */
  workersReady(key: ModelKey, count: number): void;
  /** The version is gone: its series should go too. */
  versionRemoved(key: ModelKey): void;
}
