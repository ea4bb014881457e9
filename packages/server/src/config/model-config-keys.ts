/** The keys of a model's YAML file that the server reads; all others are for the handler. */
import { integerFrom, oneOfWords } from './value-rules.ts';

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
    description: 'Checked, but without effect yet.',
  },
  deviceType: { rule: oneOfWords('cpu', 'gpu'), description: 'Checked, but without effect: models run on the CPU.' },
} as const;
