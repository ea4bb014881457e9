/**
 * How a version of a model is served: every setting, and where it may be said. What reads, writes and describes settings goes
 * through this table; what they mean to the server is in `VersionSettings` of its core.
 */

/** A number that the server finds out. */
export type Auto = 'auto';

/** A setting of a version. */
export interface VersionSetting {
  /** What its values are. */
  readonly type: 'integer' | 'boolean';
  /** What an integer counts wherever people write it; see `baseValue`. */
  readonly unit?: 'milliseconds' | 'seconds' | 'megabytes';
  /** The smallest integer. */
  readonly min?: number;
  /** Its value when nobody says one. */
  readonly default: number | boolean | Auto;
  /** What `auto` stands for, in a sentence or two; files may say it in place of a number where this is there. */
  readonly auto?: string;
  /** Key of the model's YAML file; of the key `models`, of snapshots and of describe, too, for what those have. */
  readonly modelKey: string;
  /** Key of config.properties, for models that say nothing; as in every key, the environment may say it. */
  readonly serverKey: string;
  /** Whether that key has a flag. */
  readonly flag?: true;
  /** Parameter of TorchServe's registration: such a setting is in the key `models`, in snapshots and in describe as well. */
  readonly parameter?: {
    /** Name in the query or the body. */
    readonly name: string;
    /** The smallest integer there. */
    readonly min: number;
  };
  /** Whether describe shows it although no registration says it. */
  readonly isDescribed?: true;
  /** Whether 0 in the model's YAML file stands for what the server says. */
  readonly zeroIsServers?: true;
  /** What it does, in a sentence or two. */
  readonly description: string;
}

/** By the name that the server's core has for it. */
export const VERSION_SETTINGS = {
  batchSize: {
    type: 'integer',
    min: 1,
    default: 'auto',
    auto: 'With `auto`, 32 where a built-in handler is known to merge rows of several requests, or as many as take 10 ms; 1 for all others. It waits for no company.',
    modelKey: 'batchSize',
    serverKey: 'batch_size',
    flag: true,
    parameter: { name: 'batch_size', min: 1 },
    description: 'Largest number of requests in a batch.',
  },
  maxBatchDelayMs: {
    type: 'integer',
    unit: 'milliseconds',
    min: 0,
    default: 0,
    modelKey: 'maxBatchDelay',
    serverKey: 'max_batch_delay',
    flag: true,
    parameter: { name: 'max_batch_delay', min: 0 },
    description: 'Longest wait for a batch to fill. With 0, an idle worker takes what is there at once.',
  },
  responseTimeoutMs: {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    default: 120,
    modelKey: 'responseTimeout',
    serverKey: 'default_response_timeout',
    flag: true,
    parameter: { name: 'response_timeout', min: 1 },
    description: 'Longest time a batch may take before its worker is ended.',
  },
  startupTimeoutMs: {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    default: 120,
    modelKey: 'startupTimeout',
    serverKey: 'default_startup_timeout',
    flag: true,
    parameter: { name: 'startup_timeout', min: 0 },
    description: 'Longest time a worker may take to load its model.',
  },
  retryWindowMs: {
    type: 'integer',
    unit: 'seconds',
    min: 0,
    default: 300,
    modelKey: 'maxRetryTimeoutInSec',
    serverKey: 'max_retry_timeout_in_sec',
    isDescribed: true,
    description: 'How long after its first failure a worker is started again.',
  },
  jobQueueSize: {
    type: 'integer',
    min: 1,
    default: 100,
    modelKey: 'jobQueueSize',
    serverKey: 'job_queue_size',
    flag: true,
    zeroIsServers: true,
    description: 'How many requests may wait for one version of a model.',
  },
  maxInflight: {
    type: 'integer',
    min: 0,
    default: 0,
    modelKey: 'maxInflight',
    serverKey: 'max_inflight',
    description:
      'How many requests to one version of a model may wait and be answered at a time; further ones get 503. 0 for as many as may wait and its workers take.',
  },
  maxInflightBytes: {
    type: 'integer',
    min: 0,
    default: 2 ** 30,
    modelKey: 'maxInflightBytes',
    serverKey: 'default_max_inflight_bytes',
    description:
      'How many bytes the questions of one version of a graph, or of a transformer, to other models of the server may have at a time; further ones get 503. 0 for no limit.',
  },
  clientTimeoutMs: {
    type: 'integer',
    unit: 'milliseconds',
    min: 0,
    default: 0,
    modelKey: 'clientTimeoutInMills',
    serverKey: 'client_timeout',
    description:
      'Longest time from a request to its answer, which is 504 then; 0 for as long as it takes. The header `x-request-timeout-ms` of a request asks for less.',
  },
  retryOnWorkerDeath: {
    type: 'boolean',
    default: true,
    modelKey: 'retryOnWorkerDeath',
    serverKey: 'retry_on_worker_death',
    description:
      'Whether the requests of a worker that died run again, on another. When a second one dies over them they run one by one, and the one over which two die that run nothing else is answered with status 500.',
  },
  maxRequestsPerWorker: {
    type: 'integer',
    min: 0,
    default: 0,
    modelKey: 'maxRequestsPerWorker',
    serverKey: 'max_requests_per_worker',
    description: 'Requests after which a worker is replaced by a fresh one, without a gap; 0 for never.',
  },
  maxWorkerBytes: {
    type: 'integer',
    unit: 'megabytes',
    min: 0,
    default: 0,
    modelKey: 'maxWorkerMemory',
    serverKey: 'max_worker_memory',
    description:
      'Resident memory above which a worker is replaced by a fresh one, without a gap; 0 for never. It is looked at once a second.',
  },
  goldenIntervalMs: {
    type: 'integer',
    unit: 'seconds',
    min: 0,
    default: 0,
    modelKey: 'goldenInterval',
    serverKey: 'golden_interval',
    isDescribed: true,
    description:
      'Seconds after which the golden requests are sent again, for models that depend on something else; 0 for never.',
  },
  scaleUpWaitMs: {
    type: 'integer',
    unit: 'milliseconds',
    min: 1,
    default: 200,
    modelKey: 'scaleUpWait',
    serverKey: 'scale_up_wait',
    description:
      'Where the greatest number of workers is above the least: a request that waits longer than this has one more started.',
  },
  scaleDownIdleMs: {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    default: 60,
    modelKey: 'scaleDownIdle',
    serverKey: 'scale_down_idle',
    description:
      'Where the greatest number of workers is above the least: a worker that was not needed for so long is ended.',
  },
} as const satisfies Readonly<Record<string, VersionSetting>>;

/** The table as its type has it. */
export type VersionSettingsTable = typeof VERSION_SETTINGS;
