/** Where transformers find their predictor: the flags with which KServe starts one. */
import type { ConfigKeys } from '../config-key.ts';
import { boolean, integer, oneOf, text } from '../value-types.ts';

/** What the YAML file of a model may say as well, under the same names. */
export const PREDICTOR_KEYS = {
  model_name: {
    type: text,
    flag: true,
    description:
      'Name of the model of the start, where `load_models` has one without a name. What is said here of its predictor wins over its YAML file.',
  },
  predictor_host: {
    type: text,
    flag: true,
    description:
      'Where [transformers](transformers.md) find their predictor, unless their YAML file says: `HOST[:PORT]` or a URL, several with commas between.',
  },
  predictor_protocol: {
    type: oneOf(
      'v1',
      'v2',
      'grpc-v2',
      'seldon',
      'grpc-seldon',
      'torchserve',
      'grpc-torchserve',
      'onnxruntime-server',
      'grpc-onnxruntime-server',
      'kibae',
    ),
    defaultInWords: '`v1`',
    flag: true,
    description: 'What is spoken to the predictor.',
  },
  predictor_model_version: {
    type: text,
    flag: true,
    description:
      'Version of the model at the predictor that is asked for, and [must be there](transformers.md#the-pair).',
  },
  predictor_digest: {
    type: text,
    flag: true,
    description: '`sha256:…` of the model that the predictor must have.',
  },
  on_mismatch: {
    type: oneOf('refuse', 'warn'),
    defaultInWords: '`refuse`',
    flag: true,
    description: 'What becomes of requests while the predictor has another model than it must have.',
  },
  predictor_check_seconds: {
    type: integer({ min: 1, unit: 'seconds' }),
    defaultInWords: '30',
    flag: true,
    description: 'After how long the predictor is asked again which model it has.',
  },
  predictor_use_ssl: {
    type: boolean,
    defaultInWords: '`false`',
    flag: true,
    description: 'Whether a predictor without a scheme is one of TLS.',
  },
  predictor_request_timeout_seconds: {
    type: integer({ min: 1, unit: 'seconds' }),
    defaultInWords: '600',
    flag: true,
    description: 'Longest time of a request to the predictor. `response_timeout` ends a worker that answers later.',
  },
  predictor_request_retries: {
    type: integer(),
    defaultInWords: '0',
    flag: true,
    description: 'How often a request to the predictor is sent again whose connection failed.',
  },
  enable_predictor_health_check: {
    type: boolean,
    defaultInWords: '`false`',
    flag: true,
    description: 'Whether transformers are ready only while their predictor is.',
  },
} satisfies ConfigKeys;
