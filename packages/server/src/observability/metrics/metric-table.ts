/**
 * Every metric of the server itself. The names without `marserve_` are TorchServe's, with its kinds, units and labels;
 * `docs/metrics.md` is compared with this table.
 */
import type { MetricDefinition } from './metric-family.ts';

/** Upper bounds in seconds, from 0.5 ms to a minute. */
export const DURATION_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

const BATCH_SIZE_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

const HOST = ['Level', 'Hostname'] as const;
const MODEL = ['ModelName', 'Level', 'Hostname'] as const;
const WORKER = ['WorkerName', 'Level', 'Hostname'] as const;
const TS_VERSION = ['model_name', 'model_version', 'hostname'] as const;
const VERSION = ['model_name', 'model_version'] as const;

/** By name. */
export const METRICS = {
  Requests2XX: { kind: 'counter', unit: 'Count', labels: HOST, help: 'Requests answered with status 200 to 299' },
  Requests4XX: { kind: 'counter', unit: 'Count', labels: HOST, help: 'Requests answered with status 400 to 499' },
  Requests5XX: { kind: 'counter', unit: 'Count', labels: HOST, help: 'Requests answered with status 500 to 599' },
  ts_inference_requests_total: {
    kind: 'counter',
    unit: 'Count',
    labels: TS_VERSION,
    help: 'Predictions and explanations asked for, by the version the request named ("default" when it named none)',
  },
  ts_inference_latency_microseconds: {
    kind: 'counter',
    unit: 'Microseconds',
    labels: TS_VERSION,
    help: 'Sum of the times from arrival to answer, by the version that answered',
  },
  ts_queue_latency_microseconds: {
    kind: 'counter',
    unit: 'Microseconds',
    labels: TS_VERSION,
    help: 'Sum of the times from arrival to the hand-over to a worker, by the version that answered',
  },
  QueueTime: { kind: 'gauge', unit: 'Milliseconds', labels: HOST, help: 'Time the latest job waited for a worker' },
  WorkerThreadTime: {
    kind: 'gauge',
    unit: 'Milliseconds',
    labels: HOST,
    help: 'Time of the latest batch between server and worker: all of it less its PredictionTime',
  },
  WorkerLoadTime: {
    kind: 'gauge',
    unit: 'Milliseconds',
    labels: WORKER,
    help: 'Time a worker took from the start of its process to being ready',
  },
  HandlerTime: {
    kind: 'gauge',
    unit: 'Milliseconds',
    labels: MODEL,
    help: 'Time of the latest batch inside the handler',
  },
  PredictionTime: {
    kind: 'gauge',
    unit: 'Milliseconds',
    labels: MODEL,
    help: 'Time of the latest batch inside the worker: decoding, handler, encoding',
  },
  CPUUtilization: { kind: 'gauge', unit: 'Percent', labels: HOST, help: 'Busy share of all processors' },
  MemoryUsed: { kind: 'gauge', unit: 'Megabytes', labels: HOST, help: 'Memory that is not available' },
  MemoryAvailable: { kind: 'gauge', unit: 'Megabytes', labels: HOST, help: 'Memory that can be had without swapping' },
  MemoryUtilization: {
    kind: 'gauge',
    unit: 'Percent',
    labels: HOST,
    help: 'Share of the memory that is not available',
  },
  DiskUsage: { kind: 'gauge', unit: 'Gigabytes', labels: HOST, help: 'Used space of the file system at /' },
  DiskAvailable: { kind: 'gauge', unit: 'Gigabytes', labels: HOST, help: 'Free space of the file system at /' },
  DiskUtilization: { kind: 'gauge', unit: 'Percent', labels: HOST, help: 'Used share of the file system at /' },
  marserve_http_responses_total: {
    kind: 'counter',
    unit: 'Count',
    labels: ['code'],
    help: 'Requests answered, by status code',
  },
  marserve_log_lines_lost_total: {
    kind: 'counter',
    unit: 'Count',
    labels: [],
    help: 'Lines of the log that could not be written, as on a full disk',
  },
  marserve_internal_errors_total: {
    kind: 'counter',
    unit: 'Count',
    labels: [],
    help: 'Errors that are a fault of the server: requests answered with "Internal server error", and what nobody caught',
  },
  marserve_inference_latency_seconds: {
    kind: 'histogram',
    unit: 'Seconds',
    labels: VERSION,
    help: 'Time from the arrival of a job to its answer',
    buckets: DURATION_BUCKETS,
  },
  marserve_queue_time_seconds: {
    kind: 'histogram',
    unit: 'Seconds',
    labels: VERSION,
    help: 'Time from the arrival of a job to its hand-over to a worker',
    buckets: DURATION_BUCKETS,
  },
  marserve_handler_time_seconds: {
    kind: 'histogram',
    unit: 'Seconds',
    labels: VERSION,
    help: 'Time of a batch inside the handler',
    buckets: DURATION_BUCKETS,
  },
  marserve_stage_time_seconds: {
    kind: 'histogram',
    unit: 'Seconds',
    labels: [...VERSION, 'stage'],
    help: 'Time that the batch of a request spent in each stage: decode, preprocess, inference, postprocess, encode',
    buckets: DURATION_BUCKETS,
  },
  marserve_batch_size: {
    kind: 'histogram',
    unit: 'Count',
    labels: VERSION,
    help: 'Jobs in a batch',
    buckets: BATCH_SIZE_BUCKETS,
  },
  marserve_queue_length: { kind: 'gauge', unit: 'Count', labels: VERSION, help: 'Jobs that wait for a worker' },
  marserve_workers_ready: {
    kind: 'gauge',
    unit: 'Count',
    labels: VERSION,
    help: 'Workers that are loaded, be they idle or at work',
  },
  marserve_workers_died_total: {
    kind: 'counter',
    unit: 'Count',
    labels: VERSION,
    help: 'Workers that ended without having been asked to',
  },
  marserve_worker_frames_refused_total: {
    kind: 'counter',
    unit: 'Count',
    labels: VERSION,
    help: 'Workers that were ended because of what they sent',
  },
  marserve_worker_lines_dropped_total: {
    kind: 'counter',
    unit: 'Count',
    labels: VERSION,
    help: 'Lines of workers that were too many for the log',
  },
  marserve_workers_recycled_total: {
    kind: 'counter',
    unit: 'Count',
    labels: VERSION,
    help: 'Workers that were replaced because they had served or grown enough',
  },
  marserve_autoscale_moves_total: {
    kind: 'counter',
    unit: 'Count',
    labels: [...VERSION, 'direction'],
    help: 'Workers added (up) and taken away (down) between the least and the greatest number',
  },
  marserve_requests_retried_total: {
    kind: 'counter',
    unit: 'Count',
    labels: VERSION,
    help: 'Requests that were run again because their worker died',
  },
  marserve_requests_expired_total: {
    kind: 'counter',
    unit: 'Count',
    labels: VERSION,
    help: 'Requests whose time was over before they were answered',
  },
  marserve_registered_versions: { kind: 'gauge', unit: 'Count', labels: [], help: 'Registered versions of all models' },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** One of them. */
export type MetricName = keyof typeof METRICS;
