/** Which models are served, and how when they say nothing themselves. */
import { SERVICE_ENVELOPES } from '@marserve/archiver/model-config';
import type { ConfigKeys } from '../config-key.ts';
import { modelParameters } from '../model-parameters.ts';
import { modelSnapshot } from '../snapshot-format.ts';
import { boolean, filePath, integer, oneOf, patterns, text } from '../value-types.ts';

/** The keys of the model store, of what is loaded from it, and of the defaults of a version. */
export const MODEL_KEYS = {
  model_store: {
    type: filePath,
    isRequired: true,
    flag: true,
    description: 'Folder that archives are read from. It must exist.',
  },
  load_models: {
    type: text,
    flag: 'models',
    description:
      'Models to load at the start: `all`, or archives between commas (on the command line: or spaces), each as `archive` or `name=archive`. One that fails is an error in the log and does not stop the others.',
  },
  models: {
    type: modelParameters,
    description:
      'How models are served, as JSON: `{"name":{"version":{"minWorkers":1,"maxWorkers":2,"batchSize":8}}}`. It loads nothing.',
  },
  model_snapshot: {
    type: modelSnapshot,
    description:
      'Models to restore at the start, instead of those of the newest snapshot; each snapshot file has this key, and can be the configuration file. See [server.md](server.md#what-survives-a-restart).',
  },
  default_workers_per_model: {
    type: integer(),
    default: '0',
    flag: true,
    description:
      'Workers of a model that says nothing. With 0, models of `load_models` get one per core that the server may use (of a container, the quota of its cgroup, rounded up), and models registered later none.',
  },
  max_workers_total: {
    type: integer({ min: 1 }),
    defaultInWords: 'as many as cores and memory bear: 64 a core, one per 100 MB; at least 2 a core',
    description:
      'Most workers of all models together. A registration or scaling that asks for more is refused; what nobody asked for is as much as there is room for.',
  },
  max_workers_per_model: {
    type: integer({ min: 1 }),
    defaultInWords: '32 a core, and no more than `max_workers_total`',
    description: 'Most workers of one version of a model. A registration or scaling that asks for more is refused.',
  },
  batch_size: {
    type: integer({ min: 1 }),
    default: '1',
    flag: true,
    description: 'Largest number of requests in a batch.',
  },
  max_batch_delay: {
    type: integer({ unit: 'milliseconds' }),
    default: '0',
    flag: true,
    description: 'Longest wait for a batch to fill. With 0, an idle worker takes what is there at once.',
  },
  job_queue_size: {
    type: integer({ min: 1 }),
    default: '100',
    flag: true,
    description: 'How many requests may wait for one version of a model.',
  },
  default_response_timeout: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '120',
    flag: true,
    description: 'Longest time a batch may take before its worker is ended.',
  },
  default_startup_timeout: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '120',
    flag: true,
    description: 'Longest time a worker may take to load its model.',
  },
  max_retry_timeout_in_sec: {
    type: integer({ unit: 'seconds' }),
    default: '300',
    description: 'How long after its first failure a worker is started again.',
  },
  client_timeout: {
    type: integer({ unit: 'milliseconds' }),
    default: '0',
    description:
      'Longest time from a request to its answer, which is 504 then; 0 for as long as it takes. The header `x-request-timeout-ms` of a request asks for less.',
  },
  retry_on_worker_death: {
    type: boolean,
    default: 'true',
    description:
      'Whether the requests of a worker that died run again, on another. When a second one dies over them they run one by one, and the one over which two die that run nothing else is answered with status 500.',
  },
  max_requests_per_worker: {
    type: integer(),
    default: '0',
    description: 'Requests after which a worker is replaced by a fresh one, without a gap; 0 for never.',
  },
  max_worker_memory: {
    type: integer({ unit: 'megabytes' }),
    default: '0',
    description:
      'Resident memory above which a worker is replaced by a fresh one, without a gap; 0 for never. It is looked at once a second.',
  },
  scale_up_wait: {
    type: integer({ min: 1, unit: 'milliseconds' }),
    default: '200',
    description:
      'Where the greatest number of workers is above the least: a request that waits longer than this has one more started.',
  },
  scale_down_idle: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '60',
    description:
      'Where the greatest number of workers is above the least: a worker that was not needed for so long is ended.',
  },
  service_envelope: {
    type: oneOf(...SERVICE_ENVELOPES),
    defaultInWords: 'none',
    description:
      "The form of bodies on TorchServe's paths and over its gRPC, for models that name none. See [inference.md](inference.md#envelopes).",
  },
  unregister_model_timeout: {
    type: integer({ unit: 'seconds' }),
    default: '120',
    description: 'How long an unregistration waits for the requests in flight.',
  },
  enable_model_api: {
    type: boolean,
    default: 'true',
    flag: true,
    description: 'Whether models may be registered and unregistered after the start.',
  },
  verify_archives: {
    type: boolean,
    default: 'true',
    description:
      'Whether the files of an archive are compared with the digests in its manifest when it is registered; archives without digests pass. See [archiver.md](archiver.md#digests).',
  },
  allowed_urls: {
    type: patterns,
    default: '',
    defaultInWords: 'none: only the model store',
    flag: true,
    description:
      'Addresses, beside the model store, that archives may come from. A pattern must match the whole address, in any case of letters. In a properties file a backslash is written twice.',
  },
  use_env_allowed_urls: {
    type: boolean,
    default: 'false',
    isInEnvironment: false,
    description: 'Whether the environment may set `allowed_urls`, too.',
  },
} satisfies ConfigKeys;
