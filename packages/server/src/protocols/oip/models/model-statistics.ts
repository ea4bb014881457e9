/** What has become of requests, in the words of Triton's statistics extension; the same over REST and gRPC. */
import type { DataPlane, ModelFigures } from '../../../core/data-plane.ts';
import type { ComputeTotals, Total } from '../../../core/jobs/version-statistics.ts';

/** How often, and how long together in nanoseconds. */
export interface StatisticDuration {
  /** How often. */
  readonly count: number;
  /** Nanoseconds, all together. */
  readonly ns: number;
}

/** Where the time inside a worker went. */
export interface ComputeStatistics {
  /** From bytes to rows. */
  readonly compute_input: StatisticDuration;
  /** In the handler. */
  readonly compute_infer: StatisticDuration;
  /** From results to bytes. */
  readonly compute_output: StatisticDuration;
}

/** As `inference.InferStatistics`. */
export interface InferStatistics extends ComputeStatistics {
  /** Requests that were answered, from arrival to answer. */
  readonly success: StatisticDuration;
  /** Requests that failed or were refused. */
  readonly fail: StatisticDuration;
  /** From the arrival to the hand-over to a worker. */
  readonly queue: StatisticDuration;
  /** Nothing is cached. */
  readonly cache_hit: StatisticDuration;
  /** Nothing is cached. */
  readonly cache_miss: StatisticDuration;
}

/** As `inference.InferBatchStatistics`. */
export interface BatchStatistics extends ComputeStatistics {
  /** Requests in such a batch. */
  readonly batch_size: number;
}

/** As `inference.ModelStatistics`; what is not counted here is empty. */
export interface ModelStatistics {
  /** Name of the model. */
  readonly name: string;
  /** Each version has its own. */
  readonly version: string;
  /** In milliseconds since 1970; 0 for none. */
  readonly last_inference: number;
  /** Requests that succeeded: what is a batch within one of them, only its handler knows. */
  readonly inference_count: number;
  /** Batches of requests that a worker answered. */
  readonly execution_count: number;
  /** Of all requests. */
  readonly inference_stats: InferStatistics;
  /** Empty. */
  readonly response_stats: Readonly<Record<string, never>>;
  /** By the number of requests in a batch. */
  readonly batch_stats: readonly BatchStatistics[];
  /** Empty. */
  readonly memory_usage: readonly never[];
}

/** Of one version, of all versions of a model, or of all. @throws ServeError `model_not_found` and the like */
export function modelStatistics(
  dataPlane: DataPlane,
  name?: string,
  version?: string,
): { readonly model_stats: readonly ModelStatistics[] } {
  return { model_stats: dataPlane.modelFigures(name, version).map(statisticsOf) };
}

const NOTHING: StatisticDuration = { count: 0, ns: 0 };

function statisticsOf(figures: ModelFigures): ModelStatistics {
  const { key, lastAnsweredAt, executions, succeeded, failed, queued, compute, batches } = figures;
  return {
    name: key.name,
    version: key.version,
    last_inference: lastAnsweredAt,
    inference_count: succeeded.count,
    execution_count: executions,
    inference_stats: {
      success: duration(succeeded),
      fail: duration(failed),
      queue: duration(queued),
      ...computeStatistics(compute),
      cache_hit: NOTHING,
      cache_miss: NOTHING,
    },
    response_stats: {},
    batch_stats: [...batches]
      .toSorted(([one], [other]) => one - other)
      .map(([size, totals]) => ({ batch_size: size, ...computeStatistics(totals) })),
    memory_usage: [],
  };
}

function computeStatistics({ input, infer, output }: ComputeTotals): ComputeStatistics {
  return { compute_input: duration(input), compute_infer: duration(infer), compute_output: duration(output) };
}

function duration({ count, ms }: Total): StatisticDuration {
  return { count, ns: Math.round(ms * 1e6) };
}
