/** The keys of a model's YAML file that the server reads; all others are for the handler. */
import { SERVICE_ENVELOPES } from './service-envelopes.ts';
import { integerFrom, oneOfWords, trueOrFalse } from './value-rules.ts';

/** Key → its rule, its unit, what it does. */
export const MODEL_CONFIG_KEYS = {
  minWorkers: {
    rule: integerFrom(0),
    description: 'Least number of workers; a registration that names a number wins.',
  },
  maxWorkers: { rule: integerFrom(0), description: 'Greatest number of workers; at least `minWorkers`.' },
  batchSize: { rule: integerFrom(1), description: 'Largest number of requests in a batch.' },
  maxBatchDelay: { rule: integerFrom(0), unit: 'milliseconds', description: 'Longest wait for a batch to fill.' },
  responseTimeout: {
    rule: integerFrom(1),
    unit: 'seconds',
    description: 'Longest time a batch may take before its worker is ended.',
  },
  startupTimeout: {
    rule: integerFrom(1),
    unit: 'seconds',
    description: 'Longest time a worker may take to load the model.',
  },
  maxRetryTimeoutInSec: {
    rule: integerFrom(0),
    unit: 'seconds',
    description: 'How long after its first failure a worker is started again.',
  },
  jobQueueSize: {
    rule: integerFrom(0),
    description: "How many requests may wait; 0 for the server's `job_queue_size`.",
  },
  clientTimeoutInMills: {
    rule: integerFrom(0),
    unit: 'milliseconds',
    description:
      'Longest time from a request to its answer, which is 504 then; 0 for as long as it takes. A request may ask for less.',
  },
  retryOnWorkerDeath: { rule: trueOrFalse, description: 'Whether the requests of a worker that died run again.' },
  maxRequestsPerWorker: {
    rule: integerFrom(0),
    description: 'Requests after which a worker is replaced by a fresh one; 0 for never.',
  },
  maxWorkerMemory: {
    rule: integerFrom(0),
    unit: 'megabytes',
    description: 'Resident memory above which a worker is replaced by a fresh one; 0 for never.',
  },
  scaleUpWait: {
    rule: integerFrom(1),
    unit: 'milliseconds',
    description: 'A request that waits longer has one more worker started, up to `maxWorkers`.',
  },
  scaleDownIdle: {
    rule: integerFrom(1),
    unit: 'seconds',
    description: 'A worker that was not needed for so long is ended, down to `minWorkers`.',
  },
  serviceEnvelope: {
    rule: oneOfWords(...SERVICE_ENVELOPES),
    description: "The form of bodies on TorchServe's paths, instead of the server's `service_envelope`.",
  },
  deviceType: { rule: oneOfWords('cpu', 'gpu'), description: 'Checked, but without effect: models run on the CPU.' },
} as const;
