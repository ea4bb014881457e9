/** The series of a model and of its versions, made when they are first needed and removed with them. */

import type { BatchTimes, JobTimes } from '../../core/metrics.ts';
import type { BuiltInFamilies } from './built-in-families.ts';
import type { Counter, Gauge } from './series.ts';
import { SeriesGroup } from './series-group.ts';

/** Where the series go. */
export interface ModelSeriesOptions {
  /** Those that they belong to. */
  readonly families: BuiltInFamilies;
  /** Value of the label `Hostname`. */
  readonly hostname: string;
  /** Name of the model. */
  readonly name: string;
}

/** A model's series: those by its name, and those of each version. */
export class ModelSeries {
  readonly #options: ModelSeriesOptions;
  readonly #group = new SeriesGroup();
  readonly #versions = new Map<string, VersionSeries>();
  #defaultRequests: Counter | undefined;
  #handlerTime: Gauge | undefined;
  #predictionTime: Gauge | undefined;

  constructor(options: ModelSeriesOptions) {
    this.#options = options;
  }

  /** Whether a version has series. */
  get hasVersions(): boolean {
    return this.#versions.size > 0;
  }

  /** Whether this one has. */
  hasVersion(version: string): boolean {
    return this.#versions.has(version);
  }

  /** The series of a version, opened at the first call. */
  version(version: string): VersionSeries {
    const known = this.#versions.get(version);
    if (known !== undefined) return known;
    const opened = new VersionSeries(this.#options, version);
    this.#versions.set(version, opened);
    return opened;
  }

  /** Closes the series of a version, if it has some. */
  removeVersion(version: string): void {
    this.#versions.get(version)?.close();
    this.#versions.delete(version);
  }

  /** Removes the series by the model's name. */
  close(): void {
    this.#group.close();
  }

  /** Requests that named no version. */
  get defaultRequests(): Counter {
    const { families, hostname, name } = this.#options;
    const labels = { model_name: name, model_version: 'default', hostname };
    return (this.#defaultRequests ??= this.#group.open(families.ts_inference_requests_total, labels));
  }

  /** Opens those that come with the first request, as they are. */
  openAll(): void {
    void this.defaultRequests;
    void this.#latestTimes;
  }

  /** Sets TorchServe's gauges of the latest batch. */
  batchDone(times: BatchTimes): void {
    const { handler, prediction } = this.#latestTimes;
    handler.set(duration(times.handlerMs));
    prediction.set(duration(times.predictionMs));
  }

  get #latestTimes(): { readonly handler: Gauge; readonly prediction: Gauge } {
    const { families, hostname, name } = this.#options;
    const labels = { ModelName: name, Level: 'Model', Hostname: hostname };
    this.#handlerTime ??= this.#group.open(families.HandlerTime, labels);
    this.#predictionTime ??= this.#group.open(families.PredictionTime, labels);
    return { handler: this.#handlerTime, prediction: this.#predictionTime };
  }
}

const STAGES = ['decode', 'preprocess', 'inference', 'postprocess', 'encode'] as const;

type WorkerLabels = Parameters<BuiltInFamilies['WorkerLoadTime']['remove']>[0];

/** A version's series. */
export class VersionSeries {
  /** Requests that named the version. */
  readonly requests;
  /** Jobs that wait. */
  readonly queueLength;
  /** Workers that answer or can answer at once. */
  readonly workersReady;
  /** Processes that ended unasked. */
  readonly workersDied;
  /** Frames of workers that could not be read. */
  readonly framesRefused;
  /** Lines of workers beyond their allowance. */
  readonly linesDropped;
  /** Workers that were replaced by fresh ones. */
  readonly recycled;
  /** Workers more and less, by the load. */
  readonly autoscaled;
  /** Jobs that run again after the death of a worker. */
  readonly retried;
  /** Jobs whose time was over. */
  readonly expired;
  readonly #group = new SeriesGroup();
  /** The labels of each worker's series, by its id. */
  readonly #workers = new Map<string, WorkerLabels>();
  readonly #options: ModelSeriesOptions;
  readonly #version: string;
  readonly #latencySum;
  readonly #queueSum;
  readonly #latency;
  readonly #queueTime;
  readonly #handlerTime;
  readonly #batchSize;
  readonly #stages;

  constructor(options: ModelSeriesOptions, version: string) {
    this.#options = options;
    this.#version = version;
    const { families, hostname, name } = options;
    const labels = { model_name: name, model_version: version };
    const withHost = { ...labels, hostname };
    this.requests = this.#group.open(families.ts_inference_requests_total, withHost);
    this.#latencySum = this.#group.open(families.ts_inference_latency_microseconds, withHost);
    this.#queueSum = this.#group.open(families.ts_queue_latency_microseconds, withHost);
    this.#latency = this.#group.open(families.marserve_inference_latency_seconds, labels);
    this.#queueTime = this.#group.open(families.marserve_queue_time_seconds, labels);
    this.#handlerTime = this.#group.open(families.marserve_handler_time_seconds, labels);
    this.#batchSize = this.#group.open(families.marserve_batch_size, labels);
    this.queueLength = this.#group.open(families.marserve_queue_length, labels);
    this.workersReady = this.#group.open(families.marserve_workers_ready, labels);
    this.workersDied = this.#group.open(families.marserve_workers_died_total, labels);
    this.framesRefused = this.#group.open(families.marserve_worker_frames_refused_total, labels);
    this.linesDropped = this.#group.open(families.marserve_worker_lines_dropped_total, labels);
    this.recycled = this.#group.open(families.marserve_workers_recycled_total, labels);
    this.retried = this.#group.open(families.marserve_requests_retried_total, labels);
    this.expired = this.#group.open(families.marserve_requests_expired_total, labels);
    this.autoscaled = {
      up: this.#group.open(families.marserve_autoscale_moves_total, { ...labels, direction: 'up' }),
      down: this.#group.open(families.marserve_autoscale_moves_total, { ...labels, direction: 'down' }),
    };
    this.#stages = STAGES.map((stage) => ({
      time: `${stage}Ms` as const,
      histogram: this.#group.open(families.marserve_stage_time_seconds, { ...labels, stage }),
    }));
  }

  /** Counts a job that was answered. */
  jobDone(times: JobTimes): void {
    const [queueMs, totalMs] = [duration(times.queueMs), duration(times.totalMs)];
    this.#latencySum.inc(totalMs * 1000);
    this.#queueSum.inc(queueMs * 1000);
    this.#latency.observe(totalMs / 1000);
    this.#queueTime.observe(queueMs / 1000);
  }

  /** Counts a batch that was answered. */
  batchDone(times: BatchTimes): void {
    this.#handlerTime.observe(duration(times.handlerMs) / 1000);
    this.#batchSize.observe(times.size);
    for (const { time, histogram } of this.#stages) {
      const ms = times[time];
      if (ms !== undefined) histogram.observe(duration(ms) / 1000, times.size);
    }
  }

  /** Sets how long a worker took to start, in milliseconds. */
  workerLoaded(workerId: string, ms: number): void {
    const { families, hostname, name } = this.#options;
    const labels = { WorkerName: `W-${workerId}-${name}_${this.#version}`, Level: 'Host', Hostname: hostname };
    families.WorkerLoadTime.series(labels).set(duration(ms));
    this.#workers.set(workerId, labels);
  }

  /** Removes what belongs to a worker. */
  workerStopped(workerId: string): void {
    const labels = this.#workers.get(workerId);
    if (labels !== undefined) this.#options.families.WorkerLoadTime.remove(labels);
    this.#workers.delete(workerId);
  }

  /** Removes all of them. */
  close(): void {
    this.#group.close();
    for (const workerId of this.#workers.keys()) this.workerStopped(workerId);
  }
}

/** Not a time at all (a worker's report can be anything) counts as none: one NaN would spoil a sum for good. */
export function duration(ms: number): number {
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
