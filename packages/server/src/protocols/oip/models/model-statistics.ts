/** What has become of requests, in the words of Triton's statistics extension; the same over REST and gRPC. */
import type { DataPlane, ModelFigures } from '../../../core/data-plane.ts';
import type { ComputeTotals, Total } from '../../../core/jobs/version-statistics.ts';

/** How often, and how long together in nanoseconds. */
export interface StatisticDuration {
  readonly count: number;
  readonly ns: number;
}

/** Where the time inside a worker went. */
export interface ComputeStatistics {
  readonly compute_input: StatisticDuration;
  readonly compute_infer: StatisticDuration;
  readonly compute_output: StatisticDuration;
}

/** As `inference.InferStatistics`. */
export interface InferStatistics extends ComputeStatistics {
  readonly success: StatisticDuration;
  readonly fail: StatisticDuration;
  readonly queue: StatisticDuration;
  /** Nothing is cached. */
  readonly cache_hit: StatisticDuration;
  readonly cache_miss: StatisticDuration;
}

/** As `inference.InferBatchStatistics`. */
export interface BatchStatistics extends ComputeStatistics {
  /** Requests in such a batch. */
  readonly batch_size: number;
}

/** As `inference.ModelStatistics`; what is not counted here is empty. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** In milliseconds since 1970; 0 for none. */
  readonly last_inference: number;
  /** Requests that succeeded: what is a batch within one of them, only its handler knows. */
  readonly inference_count: number;
  /** Batches of requests that a worker answered. */
  readonly execution_count: number;
  readonly inference_stats: InferStatistics;
  readonly response_stats: Readonly<Record<string, never>>;
  readonly batch_stats: readonly BatchStatistics[];
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
