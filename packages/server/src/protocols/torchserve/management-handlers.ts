/** TorchServe's management API: what each endpoint does and answers (torchserve.md 3.2 to 3.6). */
import { someSettings } from '@marserve/archiver/model-config';
import type { ControlPlane, Registered } from '../../core/control-plane.ts';
import { ServeError, messageOf } from '../../core/errors.ts';
import type { Caller } from '../../core/jobs/job.ts';
import { redactSecrets } from '../../core/redact-secrets.ts';
import type { RegisteredVersion } from '../../core/registry/registered-version.ts';
import type { Registration, WorkerRange } from '../../core/registry/registration.ts';
import type { PlainRequest } from '../endpoint.ts';
import { readinessOf } from '../../core/registry/version-readiness.ts';
import type { MemoryOf } from '../protocol.ts';
import { describeVersion } from './describe.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { pageOf } from './list-page.ts';
import type { Parameters } from './parameters.ts';

/** What the calls work with. */
export interface ManagementOptions {
  /** Does what they ask for. */
  readonly controlPlane: ControlPlane;
  /** For the workers in describe. */
  readonly memoryOf: MemoryOf;
  /** Whether models may be registered and unregistered (`enable_model_api`). */
  readonly modelApiEnabled: boolean;
}

const RUNTIMES = ['node', 'python', 'python3', 'LSP'];
const PROCESSING = { status: 202, message: 'Processing worker updates...' } as const;

/** A management call, whatever brought it. */
export type ManagementCall = Pick<PlainRequest, 'params' | 'requestId' | 'rawHeaders' | 'caller'>;

/** What it is answered: a sentence about what was done, or a document. */
export interface ManagementAnswer {
  /** As REST has it. */
  readonly status: 200 | 202;
  /** The sentence. */
  readonly message?: string;
  /** Where there is no message. */
  readonly value?: unknown;
  /** What is odd about it, although it was done. */
  readonly warnings?: readonly string[];
}

/** @throws ServeError, which the protocol's tables turn into an answer */
export type ManagementHandler = (call: ManagementCall, parameters: Parameters) => Promise<ManagementAnswer>;

/** One for each call, the same for REST and gRPC. */
export type ManagementHandlers = Readonly<
  Record<'list' | 'register' | 'describe' | 'scale' | 'unregister' | 'setDefault', ManagementHandler>
>;

/** Those that change which models there are refuse where `enable_model_api` is false. */
export function createManagementHandlers(options: ManagementOptions): ManagementHandlers {
  const handlers = createAllHandlers(options);
  return options.modelApiEnabled ? handlers : withoutModelApi(handlers);
}

function createAllHandlers({ controlPlane, memoryOf }: ManagementOptions): ManagementHandlers {
  return {
    list: (_, parameters) => Promise.resolve(list(controlPlane, parameters)),
    register: ({ caller }, parameters) => register(controlPlane, caller, parameters),
    scale: (request, parameters) => scale(controlPlane, target(request.params), parameters),
    async describe(request, parameters) {
      const isCustomized = parameters.boolean('customized', false);
      const versions = findVersions(controlPlane, request);
      const descriptions = versions.map(async (registered) => ({
        ...(await describeVersion(registered, memoryOf)),
        customizedMetadata: isCustomized ? await customizedMetadata(controlPlane, registered, request) : undefined,
      }));
      return { status: 200, value: await Promise.all(descriptions) };
    },
    async unregister({ params }, parameters) {
      const { name, version } = target(params);
      await controlPlane.unregister(name, version, { isForced: isForced(parameters) });
      return { status: 200, message: `Model "${name}" unregistered` };
    },
    setDefault: (request, parameters) => setDefault(controlPlane, target(request.params), parameters),
  };
}

interface Target {
  readonly name: string;
  readonly version?: string;
}

function target(params: PlainRequest['params']): Target {
  return { name: params.model_name ?? '', version: params.model_version };
}

function list({ registry }: ControlPlane, parameters: Parameters): ManagementAnswer {
  const { nextPageToken, items } = pageOf(registry.names(), parameters);
  const models = items.map((modelName) => ({
    modelName,
    modelUrl: redactSecrets(registry.resolve(modelName).model.url),
  }));
  return { status: 200, value: { nextPageToken, models } };
}

async function register(controlPlane: ControlPlane, caller: Caller, parameters: Parameters): Promise<ManagementAnswer> {
  const isSynchronous = parameters.boolean('synchronous', true);
  const options = {
    countsAtOnce: !isSynchronous,
    replacesDefault: parameters.boolean('replace', false),
    isForced: isForced(parameters),
    needsTimeoutMs: needsTimeoutMs(parameters, isSynchronous),
    caller,
  };
  const registered = await controlPlane.register(readRegistration(parameters), options);
  const { key, workers, replaces, warnings } = registered;
  const isDone = isSynchronous || (workers === 0 && replaces === undefined);
  if (isDone) await registered.started.catch(failedToStart(key));
  if (!isDone) return { ...PROCESSING, warnings };
  return { status: 200, message: describeRegistered(registered), warnings };
}

function describeRegistered({ key, workers, replaces }: Registered): string {
  const version = `Model "${key.name}" Version: ${key.version} registered`;
  if (replaces) return `${version} as default version; version "${replaces.version}" unregistered`;
  const advice = workers === 0 ? '. Use scale workers API to add workers for the model.' : '';
  return `${version} with ${workers} initial workers${advice}`;
}

function readRegistration(parameters: Parameters): Registration {
  const runtime = parameters.text('runtime');
  if (runtime !== undefined && !RUNTIMES.includes(runtime)) {
    throw new ServeError('invalid_argument', `Invalid RuntimeType value: ${runtime}`);
  }
  return {
    url: parameters.required('url'),
    modelName: parameters.text('model_name'),
    handler: parameters.text('handler'),
    runtime,
    workers: workerRange(parameters),
    settings: someSettings(({ parameter }) => parameter && parameters.integer(parameter.name, parameter.min)),
  };
}

/** A negative number counts as none. */
function workerRange(parameters: Parameters): WorkerRange | undefined {
  const asked = parameters.integer('initial_workers', -Infinity);
  const count = Math.max(0, asked ?? 0);
  return asked === undefined ? undefined : { min: count, max: count };
}

async function scale(controlPlane: ControlPlane, model: Target, parameters: Parameters): Promise<ManagementAnswer> {
  const asked = parameters.text('model_version');
  const { name, version = asked } = model;
  const min = parameters.integer('min_worker', 0) ?? 1;
  const max = parameters.integer('max_worker', 0) ?? min;
  const isSynchronous = parameters.boolean('synchronous', false);
  const { key, reached } = await controlPlane.scale({ name, version }, { min, max });
  if (!isSynchronous) return PROCESSING;
  await reached.catch(failedToStart(key));
  const suffix = version === undefined ? '' : `, version: ${version}`;
  return { status: 200, message: `Workers scaled to ${min} for model: ${name}${suffix}` };
}

async function setDefault(
  controlPlane: ControlPlane,
  { name, version = '' }: Target,
  parameters: Parameters,
): Promise<ManagementAnswer> {
  const key = { name, version };
  const isDrained = drainsFormer(parameters);
  const options = { isForced: isForced(parameters) };
  const replaced = isDrained ? await controlPlane.replaceDefault(key, options).catch(failedToStart(key)) : undefined;
  if (!isDrained) await controlPlane.setDefault(key);
  const done = `Default version successfully updated for model "${name}" to "${version}"`;
  if (replaced) return { status: 200, message: `${done}; version "${replaced.version}" unregistered` };
  return { status: 200, message: done, warnings: notReadyWarnings(controlPlane, key) };
}

/** A version without ready workers may be made the default one, as in TorchServe; who does not mean it reads so. */
function notReadyWarnings({ registry }: ControlPlane, { name, version }: RegisteredVersion['key']): string[] {
  const { state, reason = 'no workers were asked for' } = readinessOf(registry.resolve(name, version));
  return state === 'ready' ? [] : [`Version ${version} is not ready: ${reason}`];
}

/** Whether a change of the default version unregisters the former one. */
function drainsFormer(parameters: Parameters): boolean {
  return parameters.boolean('drain', false);
}

function needsTimeoutMs(parameters: Parameters, isSynchronous: boolean): number | undefined {
  const seconds = parameters.integer('wait_for_nodes', 0);
  if (seconds === undefined || isSynchronous) return seconds && seconds * 1000;
  throw new ServeError('invalid_argument', 'Nobody waits with synchronous=false: leave wait_for_nodes out.');
}

/** Whether a version goes although others ask for it. */
function isForced(parameters: Parameters): boolean {
  return parameters.boolean('force', false);
}

/** TorchServe's sentence, and the handler's own words behind it. */
function failedToStart({ name, version }: RegisteredVersion['key']): (error: unknown) => never {
  return (error) => {
    if (error instanceof ServeError && error.code === 'needs_not_ready') {
      const message = `${error.message}. It was not in time, and the model is not registered.`;
      throw new ServeError('needs_not_ready', message, { cause: error });
    }
    if (!(error instanceof ServeError) || error.code !== 'worker_start_failed') throw error;
    const message = `Failed to start workers for model ${name} version: ${version}: ${messageOf(error)}`;
    throw new ServeError('worker_start_failed', message, { cause: error });
  };
}

function findVersions({ registry }: ControlPlane, { params }: ManagementCall): RegisteredVersion[] {
  const { name, version } = target(params);
  return version === 'all' ? registry.versionsOf(name) : [registry.resolve(name, version)];
}

async function customizedMetadata(
  controlPlane: ControlPlane,
  { key }: RegisteredVersion,
  request: ManagementCall,
): Promise<unknown> {
  if (request.params.model_version === 'all') return undefined;
  const { requestId } = request;
  const headers = [...request.rawHeaders, 'describe', 'True'];
  const job = { operation: 'describe', requestId, codec: 'torchserve', headers, inputs: [] } as const;
  const { meta, body } = await controlPlane.describe(key.name, key.version, job);
  const text = Buffer.from(body).toString('utf8');
  return (meta as ReplyMeta).contentType === 'application/json' ? (JSON.parse(text) as unknown) : text;
}

/** Without what registers and unregisters. */
function withoutModelApi(handlers: ManagementHandlers): ManagementHandlers {
  const setDefault: ManagementHandler = (request, parameters) =>
    drainsFormer(parameters) ? refuse() : handlers.setDefault(request, parameters);
  return { ...handlers, register: refuse, unregister: refuse, setDefault };
}

/** TorchServe's answer when `enable_model_api` is false. */
export function refuse(): Promise<never> {
  const message = 'Requested method is not allowed, please refer to API document.';
  return Promise.reject(new ServeError('method_not_allowed', message));
}
