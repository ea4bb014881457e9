/** The `onnx:` section of a model's YAML file → options of an ONNX Runtime session. */
import type { InferenceSession } from 'onnxruntime-node';
import {
  boolean,
  configError,
  integer,
  isPlainObject,
  oneOf,
  oneOrMore,
  readSection,
  string,
  type ConfigReader,
} from '../model-config.ts';

/** What a session can be told; the names are onnxruntime-node's. */
export interface OnnxOptions {
  /** Threads inside one operator; 0: as many as there are cores. By default what `OMP_NUM_THREADS` says, else 0. */
  readonly intraOpNumThreads?: number;
  /** Threads across operators, with `executionMode: parallel`; 0 and default as above. */
  readonly interOpNumThreads?: number;
  /** In order of preference; `cpu` by default. A name, or an object with `name` and the provider's own options. */
  readonly executionProviders?: readonly ExecutionProvider[];
  /** Default `all`. */
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  /** Default `sequential`. */
  readonly executionMode?: 'sequential' | 'parallel';
  /** Default true. */
  readonly enableCpuMemArena?: boolean;
  /** Default true. */
  readonly enableMemPattern?: boolean;
  /** 0 verbose … 4 fatal; default 2, warnings. */
  readonly logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
  /** ONNX Runtime's session configuration, e.g. `session.dynamic_block_base: 4`; values become text. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** Name of one of ONNX Runtime's execution providers, or that with its options. */
export type ExecutionProvider = string | (Readonly<Record<string, unknown>> & { readonly name: string });

const executionProvider: ConfigReader<ExecutionProvider> = (value, key) => {
  if (isPlainObject(value)) return { ...value, name: string(value.name, `${key}.name`) };
  return string(value, key);
};

const texts: ConfigReader<Record<string, string>> = (value, key) => {
  if (!isPlainObject(value)) throw configError(key, 'keys and values', value);
  return Object.fromEntries(Object.entries(value).flatMap(([name, item]) => flatten(name, item)));
};

/** `session: {a: {b: 1}}` is `session.a.b: "1"`. */
function flatten(key: string, value: unknown): [string, string][] {
  if (!isPlainObject(value)) return [[key, String(value)]];
  return Object.entries(value).flatMap(([name, item]) => flatten(`${key}.${name}`, item));
}

/**
 * The options in the section `onnx`.
 * @param gpuId the GPU that a provider which has no `deviceId` gets; -1 for none
 * @throws Error that names the key
 */
export function readOnnxOptions(modelConfig: Readonly<Record<string, unknown>>, gpuId = -1): OnnxOptions {
  const options = readSection<OnnxOptions>(modelConfig, 'onnx', {
    intraOpNumThreads: integer(0),
    interOpNumThreads: integer(0),
    executionProviders: oneOrMore(executionProvider),
    graphOptimizationLevel: oneOf('disabled', 'basic', 'extended', 'layout', 'all'),
    executionMode: oneOf('sequential', 'parallel'),
    enableCpuMemArena: boolean,
    enableMemPattern: boolean,
    logSeverityLevel: oneOf(0, 1, 2, 3, 4),
    extra: texts,
  });
  const providers = options.executionProviders?.map((provider) => onDevice(provider, gpuId));
  return { ...options, ...(providers && { executionProviders: providers }) };
}

function onDevice(provider: ExecutionProvider, gpuId: number): ExecutionProvider {
  const { name, ...options } = typeof provider === 'string' ? { name: provider } : provider;
  return gpuId >= 0 && (name === 'cuda' || name === 'dml') ? { name, deviceId: gpuId, ...options } : provider;
}

/** In the form that onnxruntime-node takes. */
export function toSessionOptions({ extra, ...options }: OnnxOptions): InferenceSession.SessionOptions {
  return { ...defaultThreads(process.env), ...options, ...(extra && { extra }) };
}

/** The variable is OpenMP's; ONNX Runtime does not read it itself, and counts the cores of the machine in a container, too. */
function defaultThreads({ OMP_NUM_THREADS: text = '' }: NodeJS.ProcessEnv): InferenceSession.SessionOptions {
  const threads = Number(/^\s*(\d{1,4})\s*(,|$)/.exec(text)?.[1] ?? 0);
  return threads > 0 ? { intraOpNumThreads: threads, interOpNumThreads: threads } : {};
}
