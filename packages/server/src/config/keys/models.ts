/** Which models are served, and how when they say nothing themselves. */
import { SERVICE_ENVELOPES } from '@marserve/archiver/model-config';
import type { ConfigKeys } from '../config-key.ts';
import { modelParameters } from '../model-parameters.ts';
import { modelSnapshot } from '../snapshots/snapshot-format.ts';
import { boolean, filePath, filePaths, integer, oneOf, patterns, text, textTable } from '../value-types.ts';
import { VERSION_KEYS } from './version-settings.ts';

/** The keys of the model store, of what is loaded from it, and of the defaults of a version. */
export const MODEL_KEYS = {
  model_store: {
    type: filePath,
    isRequired: true,
    flag: true,
    description:
      'Folder that archives are read from, ONNX files (`x.onnx`), and folders of them by versions (`m/3/model.onnx`). It must exist. See [server.md](server.md#models-without-an-archive).',
  },
  workflow_store: {
    type: filePath,
    flag: true,
    description: 'Folder that archives of [workflows](workflows.md) are read from; `model_store` by default.',
  },
  model_path: {
    type: filePath,
    flag: true,
    description:
      'An ONNX file, wherever it is, to load at the start as the model `default`. Without `model_store`, its folder is that; nothing of the registry is written down then.',
  },
  handler: {
    type: filePath,
    flag: true,
    description:
      'Source file of a handler, TypeScript or JavaScript, which is bundled as model-archiver does: of the ONNX files without an archive, or, where no model is named, of the model `model_name` (default `model`), as a [transformer](transformers.md#started-as-kserve-starts-one) is. Without `model_store`, its folder is that; nothing of the registry is written down then.',
  },
  model_dir: {
    type: filePath,
    flag: true,
    description:
      "KServe's name for `model_store`, of which all is loaded unless `load_models` says what. It is left out of account where there is no such folder, as beside a transformer.",
  },
  load_models: {
    type: text,
    flag: 'models',
    description:
      'Models to load at the start: `all`, or archives and ONNX files between commas (on the command line: or spaces), each as `archive` or `name=archive`. One that fails is an error in the log and does not stop the others.',
  },
  apply: {
    type: filePaths,
    flag: true,
    description:
      'Files of services to be served, separated by commas (on the command line: or spaces): [graphs](graphs.md), and those that people have for [Seldon Core, KServe and TorchServe](deployments.md). What is registered already stays, what is another takes its place.',
  },
  archives: {
    type: textTable,
    description:
      'Archives that stand for images and addresses of models in those files, as JSON: `{"registry/iris:1.0":"iris.mar"}`. See [deployments.md](deployments.md#archives).',
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
  ...VERSION_KEYS,
  service_envelope: {
    type: oneOf(...SERVICE_ENVELOPES),
    defaultInWords: 'none',
    description:
      "The form of bodies on TorchServe's paths and over its gRPC, for models that name none. See [inference.md](inference.md#envelopes).",
  },
  wait_for_nodes: {
    type: integer({ unit: 'seconds' }),
    default: '60',
    description:
      'How long a graph or a transformer of the start waits for the models that it cannot do without, while those are being loaded; 0 for not at all. See [graphs.md](graphs.md#a-graphs-life).',
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
