/** Turns core's events into values of the built-in families. */
import type { BatchTimes, HandlerSeries, JobTimes, Metrics } from '../../core/metrics.ts';
import type { ModelKey } from '../../core/model-key.ts';
import type { BuiltInFamilies } from './built-in-families.ts';
import type { LabelValues } from './metric-family.ts';
import { addTaken, type TakenMetrics } from './taken-metrics.ts';
import type { HandlerMetrics } from '../handler-metrics/handler-metrics.ts';
import { duration, ModelSeries, type VersionSeries } from './model-series.ts';

/** What the events are turned into. */
export interface ModelMetricsOptions {
  /** Those of the server itself. */
  readonly families: BuiltInFamilies;
  /** Value of the label `Hostname`. */
  readonly hostname: string;
  /** Those of the models' handlers, which leave with their model. */
  readonly handlers: HandlerMetrics;
}

/** A model's series begin with the first event of a version, and end with `versionRemoved` of its last. */
export class ModelMetrics implements Metrics {
  readonly #options: ModelMetricsOptions;
  readonly #models = new Map<string, ModelSeries>();
  readonly #queueTime;
  readonly #workerThreadTime;

  constructor(options: ModelMetricsOptions) {
    this.#options = options;
    const host = { Level: 'Host', Hostname: options.hostname };
    this.#queueTime = options.families.QueueTime.series(host);
    this.#workerThreadTime = options.families.WorkerThreadTime.series(host);
  }

  requestReceived(name: string, version: string | undefined, count = 1): void {
    const model = this.#model(name);
    const requests = version === undefined ? model.defaultRequests : model.version(version).requests;
    requests.inc(count);
  }

  jobDone(key: ModelKey, times: JobTimes, requests = 1): void {
    this.#queueTime.set(duration(times.queueMs));
    for (let request = 0; request < requests; request += 1) this.#version(key).jobDone(times);
  }

  batchDone(key: ModelKey, times: BatchTimes): void {
    this.#workerThreadTime.set(duration(times.overheadMs));
    this.#model(key.name).batchDone(times);
    this.#version(key).batchDone(times);
  }

  handlerSamples(key: ModelKey, samples: readonly HandlerSeries[]): void {
    this.#version(key);
    this.#options.handlers.record(key.name, samples);
  }

  workerLoaded(key: ModelKey, workerId: string, ms: number): void {
    this.#version(key).workerLoaded(workerId, ms);
  }

  workerDied(key: ModelKey, _workerId: string): void {
    this.#version(key).workersDied.inc();
  }

  frameRefused(key: ModelKey): void {
    this.#version(key).framesRefused.inc();
  }

  linesDropped(key: ModelKey, count: number): void {
    this.#version(key).linesDropped.inc(count);
  }

  jobRetried(key: ModelKey): void {
    this.#version(key).retried.inc();
  }

  jobExpired(key: ModelKey): void {
    this.#version(key).expired.inc();
  }

  workerRecycled(key: ModelKey): void {
    this.#version(key).recycled.inc();
  }

  autoscaled(key: ModelKey, direction: 'up' | 'down'): void {
    this.#version(key).autoscaled[direction].inc();
  }

  /** A worker that is gone for good: its series goes too. */
  workerStopped(key: ModelKey, workerId: string): void {
    this.#version(key).workerStopped(workerId);
  }

  queueLength(key: ModelKey, length: number): void {
    this.#version(key).queueLength.set(length);
  }

  workersReady(key: ModelKey, count: number): void {
    this.#version(key).workersReady.set(count);
  }

  versionRemoved({ name, version }: ModelKey): void {
    const model = this.#models.get(name);
    model?.removeVersion(version);
    if (model?.hasVersions) return;
    model?.close();
    this.#models.delete(name);
    this.#options.handlers.removeModel(name);
  }

  /** Adds what was counted elsewhere, but for versions that are gone. */
  add(taken: TakenMetrics): void {
    for (const series of taken) if (this.#isKnown(series.labels)) addTaken(this.#options.families, series);
  }

  /** Opens the series of a model that come with its first requests. */
  #isKnown({ model_name: name, model_version: version, ModelName: byName }: LabelValues): boolean {
    if (name === undefined && byName === undefined) return true;
    const model = this.#models.get(name ?? byName ?? '');
    if (model === undefined) return false;
    model.openAll();
    return version === undefined || version === 'default' || model.hasVersion(version);
  }

  #model(name: string): ModelSeries {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const { families, hostname } = this.#options;
    const model = new ModelSeries({ families, hostname, name });
    this.#models.set(name, model);
    return model;
  }

  #version({ name, version }: ModelKey): VersionSeries {
    return this.#model(name).version(version);
  }
}
