/** The keys of a model's YAML file that tell a transformer where its predictor is; KServe's names. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ClientOptions } from '@marserve/client';
import type { ModelContext } from '../handler.ts';
import type { PredictorIdentity } from '../context/predictor-report.ts';
import {
  boolean,
  integer,
  isPlainObject,
  listOf,
  number,
  objectOf,
  oneOf,
  string,
  type ConfigReaders,
} from '../model-config.ts';

/** The keys, as the file has them. */
export interface TransformerConfig {
  /** `HOST[:PORT]`, a URL, or several with commas between; `local:MODEL[/VERSION]` for one of the same server. */
  readonly predictor_host?: string;
  /** What is spoken to it; `v1` by default. */
  readonly predictor_protocol?: PredictorProtocol;
  /** Of the model there; by default the transformer's own. */
  readonly predictor_model_name?: string;
  /** Of the model there; by default whichever the predictor takes. */
  readonly predictor_model_version?: string;
  /** Whether a host without a scheme is one of TLS; default false. */
  readonly predictor_use_ssl?: boolean;
  /** Longest time of a request to the predictor, in seconds; default 600. */
  readonly predictor_request_timeout_seconds?: number;
  /** How often a request is sent again whose connection failed, or that gRPC answered UNAVAILABLE; default 0. */
  readonly predictor_request_retries?: number;
  /** Whether the transformer is ready only when its predictor is; default false. */
  readonly enable_predictor_health_check?: boolean;
  /** Headers that are passed on beside the usual; a `*` at the end stands for anything. */
  readonly predictor_forward_headers?: readonly string[];
  /** How tensors travel over V2 REST; default `auto`: as bytes where the predictor takes them. */
  readonly predictor_tensors?: 'auto' | 'binary' | 'json';
  /** `sha256:…` of the model there. */
  readonly predictor_digest?: string;
  /** What becomes of requests while the predictor is another one than is expected; default `refuse`. */
  readonly on_mismatch?: OnMismatch;
  /** Seconds after which the predictor is asked again which model it has; default 30. */
  readonly predictor_check_seconds?: number;
  /** File with the certificates of the authorities that are trusted, in the archive or anywhere. */
  readonly predictor_ca_file?: string;
  /** File with the transformer's own certificate. */
  readonly predictor_cert_file?: string;
  /** File with the key of it. */
  readonly predictor_key_file?: string;
}

/** What servers of ONNX Runtime speak: Microsoft's over REST and gRPC, kibae's sessions. */
const RUNTIME_PROTOCOLS = ['onnxruntime-server', 'grpc-onnxruntime-server', 'kibae'] as const;
/** What TorchServe speaks, over REST and gRPC. */
const TORCHSERVE_PROTOCOLS = ['torchserve', 'grpc-torchserve'] as const;
/** What Seldon Core speaks, over REST and gRPC. */
const SELDON_PROTOCOLS = ['seldon', 'grpc-seldon'] as const;
const PROTOCOLS = ['v1', 'v2', 'grpc-v2', ...SELDON_PROTOCOLS, ...TORCHSERVE_PROTOCOLS, ...RUNTIME_PROTOCOLS] as const;

/** One of servers of ONNX Runtime. */
export type RuntimeProtocol = (typeof RUNTIME_PROTOCOLS)[number];

/** One of TorchServe's. */
export type TorchServeProtocol = (typeof TORCHSERVE_PROTOCOLS)[number];

/** One of Seldon Core's. */
export type SeldonProtocol = (typeof SELDON_PROTOCOLS)[number];

/** `refuse`: 503, and the transformer is not ready; `warn`: a line of the log, and the metric. */
export type OnMismatch = 'refuse' | 'warn';

/** What may be spoken to a predictor. */
export type PredictorProtocol = (typeof PROTOCOLS)[number];

/** Whether it is one of servers of ONNX Runtime. */
export function isRuntimeProtocol(protocol: PredictorProtocol): protocol is RuntimeProtocol {
  return (RUNTIME_PROTOCOLS as readonly string[]).includes(protocol);
}

/** Whether it is one of TorchServe's. */
export function isTorchServeProtocol(protocol: PredictorProtocol): protocol is TorchServeProtocol {
  return (TORCHSERVE_PROTOCOLS as readonly string[]).includes(protocol);
}

/** Whether it is one of Seldon Core's. */
export function isSeldonProtocol(protocol: PredictorProtocol): protocol is SeldonProtocol {
  return (SELDON_PROTOCOLS as readonly string[]).includes(protocol);
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

function digest(value: unknown, key: string): string {
  const text = `sha256:${string(value, key)
    .toLowerCase()
    .replace(/^sha256:/, '')}`;
  if (DIGEST.test(text)) return text;
  throw new Error(`Model config: ${key}: expected "sha256:" and 64 hexadecimal digits, got ${JSON.stringify(value)}`);
}

const READERS: ConfigReaders<TransformerConfig> = {
  predictor_host: string,
  predictor_protocol: oneOf(...PROTOCOLS),
  predictor_model_name: string,
  predictor_model_version: (value, key) => (typeof value === 'number' ? String(value) : string(value, key)),
  predictor_use_ssl: boolean,
  predictor_request_timeout_seconds: number,
  predictor_request_retries: integer(0),
  enable_predictor_health_check: boolean,
  predictor_forward_headers: listOf(string),
  predictor_tensors: oneOf('auto', 'binary', 'json'),
  predictor_digest: digest,
  on_mismatch: oneOf('refuse', 'warn'),
  predictor_check_seconds: integer(1),
  predictor_ca_file: string,
  predictor_cert_file: string,
  predictor_key_file: string,
};

/** Where a predictor is, and how it is spoken to. */
export interface PredictorOptions {
  /** One address, or several with commas between. */
  readonly host: string;
  /** What is spoken to it. */
  readonly protocol: PredictorProtocol;
  /** Of the model there. */
  readonly model: { readonly name: string; readonly version?: string | undefined };
  /** Whether the config names the model; else it has the transformer's name. */
  readonly isModelNamed: boolean;
  /** How tensors travel over V2 REST. */
  readonly tensors: 'auto' | 'binary' | 'json';
  /** Whether the transformer is ready only when it is. */
  readonly isHealthChecked: boolean;
  /** The model that it must have, as far as anybody says. */
  readonly expected: PredictorIdentity;
  /** What becomes of requests while it has another. */
  readonly onMismatch: OnMismatch;
  /** After how many milliseconds it is asked again. */
  readonly checkMs: number;
  /** For the client. */
  readonly client: ClientOptions;
}

const DEFAULT_TIMEOUT_SECONDS = 600;
const DEFAULT_CHECK_SECONDS = 30;

/** @throws Error for a wrong value, for no host, and for a file that cannot be read */
export function readTransformerOptions(context: ModelContext): PredictorOptions {
  const { modelConfig, modelName, modelDir } = context;
  const made = madeFor(context);
  const known = Object.keys(READERS).filter((key) => modelConfig[key] !== undefined && modelConfig[key] !== null);
  const config = objectOf(unprefixed(READERS))(Object.fromEntries(known.map((key) => [key, modelConfig[key]])), '');
  const { predictor_host: host, predictor_model_name: name = made.name ?? modelName } = config;
  const { predictor_model_version: version = made.version, predictor_digest: digestOf = made.digest } = config;
  if (host === undefined) {
    throw new Error('Model config: a transformer needs predictor_host, such as "predictor_host: 127.0.0.1:8080"');
  }
  const seconds = config.predictor_request_timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS;
  const tls = readTls(config, modelDir);
  return {
    host: config.predictor_use_ssl === true ? withTls(host) : host,
    protocol: config.predictor_protocol ?? 'v1',
    model: { name, version },
    isModelNamed: (config.predictor_model_name ?? made.name) !== undefined,
    tensors: config.predictor_tensors ?? 'auto',
    isHealthChecked: config.enable_predictor_health_check ?? false,
    expected: { name, version, digest: digestOf },
    onMismatch: config.on_mismatch ?? 'refuse',
    checkMs: 1000 * (config.predictor_check_seconds ?? DEFAULT_CHECK_SECONDS),
    client: {
      timeoutMs: seconds * 1000,
      retries: config.predictor_request_retries ?? 0,
      forwardHeaders: config.predictor_forward_headers,
      ...(tls !== undefined && { tls }),
    },
  };
}

/** The predictor that the archive names; whoever serves it may say another. */
function madeFor({ manifest }: ModelContext): PredictorIdentity {
  return isPlainObject(manifest.predictor) ? manifest.predictor : {};
}

/** The keys stand in no section. */
function unprefixed(readers: ConfigReaders<TransformerConfig>): ConfigReaders<TransformerConfig> {
  const entries = Object.entries(readers).map(([name, read]) => [name, (value: unknown) => read(value, name)]);
  return Object.fromEntries(entries) as ConfigReaders<TransformerConfig>;
}

function withTls(hosts: string): string {
  const list = hosts.split(',').map((host) => host.trim());
  return list
    .map((host) => (host === '' || host.includes('://') || host.startsWith('local:') ? host : `https://${host}`))
    .join(',');
}

function readTls(config: Partial<TransformerConfig>, modelDir: string): ClientOptions['tls'] {
  const { predictor_ca_file: ca, predictor_cert_file: cert, predictor_key_file: key } = config;
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  const read = (file: string | undefined) =>
    file === undefined ? undefined : readFileSync(resolve(modelDir, file), 'utf8');
  return { ca: read(ca), cert: read(cert), key: read(key) };
}
