/** TorchServe's management API: what each endpoint does and answers (torchserve.md 3.2 to 3.6). */
import type { ControlPlane } from '../../core/control-plane.ts';
import { ServeError, messageOf } from '../../core/errors.ts';
import type { RegisteredVersion } from '../../core/registered-version.ts';
import type { Registration, WorkerRange } from '../../core/registration.ts';
import type { Endpoint, PlainRequest, PlainResponse } from '../endpoint.ts';
import { describeVersion, type MemoryOf } from './describe.ts';
import { jsonResponse, statusResponse } from './json-response.ts';
import type { ReplyMeta } from './reply-meta.ts';
import { bodyOrQueryParameters, queryParameters, type Parameters } from './parameters.ts';

export interface ManagementOptions {
  readonly controlPlane: ControlPlane;
  readonly memoryOf: MemoryOf;
  /** Whether models may be registered and unregistered (`enable_model_api`). */
  readonly modelApiEnabled: boolean;
}

const LARGEST_PAGE = 100;
const RUNTIMES = ['node', 'python', 'python3', 'LSP'];
const PROCESSING = 'Processing worker updates...';

type Handlers = Readonly<
  Record<'list' | 'register' | 'describe' | 'scale' | 'unregister' | 'setDefault', Endpoint['handle']>
>;

export function createManagementHandlers({ controlPlane, memoryOf }: ManagementOptions): Handlers {
  return {
    list: (request) => Promise.resolve(list(controlPlane, queryParameters(request))),
    register: (request) => register(controlPlane, request),
    scale: (request) => scale(controlPlane, request),
    async describe(request) {
      const versions = findVersions(controlPlane, request);
      const descriptions = versions.map(async (registered) => ({
        ...(await describeVersion(registered, memoryOf)),
        customizedMetadata: await customizedMetadata(controlPlane, registered, request),
      }));
      return jsonResponse(200, await Promise.all(descriptions));
    },
    async unregister({ params }) {
      const { name, version } = target(params);
      await controlPlane.unregister(name, version);
      return statusResponse(200, `Model "${name}" unregistered`);
    },
    setDefault: (request) => setDefault(controlPlane, request),
  };
}

function target(params: PlainRequest['params']): { name: string; version?: string } {
  return { name: params.model_name ?? '', version: params.model_version };
}

function list({ registry }: ControlPlane, parameters: Parameters): PlainResponse {
  const asked = parameters.integer('limit', -Infinity) ?? LARGEST_PAGE;
  const limit = asked < 1 || asked > LARGEST_PAGE ? LARGEST_PAGE : asked;
  const token = Math.max(0, parameters.integer('next_page_token', -Infinity) ?? 0);
  const names = registry.names();
  const models = names
    .slice(token, token + limit)
    .map((modelName) => ({ modelName, modelUrl: registry.resolve(modelName).model.url }));
  return jsonResponse(200, { nextPageToken: token + limit < names.length ? String(token + limit) : undefined, models });
}

async function register(controlPlane: ControlPlane, request: PlainRequest): Promise<PlainResponse> {
  const parameters = await bodyOrQueryParameters(request);
  const isSynchronous = parameters.boolean('synchronous', true);
  const options = { countsAtOnce: !isSynchronous, replacesDefault: parameters.boolean('replace', false) };
  const { key, workers, replaces, started } = await controlPlane.register(readRegistration(parameters), options);
  if (!isSynchronous && (workers > 0 || replaces)) return statusResponse(202, PROCESSING);
  await started.catch(failedToStart(key));
  const version = `Model "${key.name}" Version: ${key.version} registered`;
  if (replaces) return statusResponse(200, `${version} as default version; version "${replaces.version}" unregistered`);
  const advice = workers === 0 ? '. Use scale workers API to add workers for the model.' : '';
  return statusResponse(200, `${version} with ${workers} initial workers${advice}`);
}

function readRegistration(parameters: Parameters): Registration {
  const runtime = parameters.text('runtime');
  if (runtime !== undefined && !RUNTIMES.includes(runtime)) {
    throw new ServeError('invalid_argument', `Invalid RuntimeType value: ${runtime}`);
  }
  return {
    url: parameters.required('url'),
    modelName: parameters.text('model_name') || undefined,
    handler: parameters.text('handler') || undefined,
    runtime,
    workers: workerRange(parameters),
    settings: {
      batchSize: parameters.integer('batch_size', 1),
      maxBatchDelayMs: parameters.integer('max_batch_delay', 0),
      responseTimeoutMs: milliseconds(parameters.integer('response_timeout', 1)),
      startupTimeoutMs: milliseconds(parameters.integer('startup_timeout', 1)),
    },
  };
}

/** A negative number counts as none. */
function workerRange(parameters: Parameters): WorkerRange | undefined {
  const asked = parameters.integer('initial_workers', -Infinity);
  const count = Math.max(0, asked ?? 0);
  return asked === undefined ? undefined : { min: count, max: count };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

async function scale(controlPlane: ControlPlane, request: PlainRequest): Promise<PlainResponse> {
  const parameters = queryParameters(request);
  const { name, version = parameters.text('model_version') } = target(request.params);
  const min = parameters.integer('min_worker', 0) ?? 1;
  const max = parameters.integer('max_worker', 0) ?? min;
  const { key, reached } = await controlPlane.scale({ name, version }, { min, max });
  if (!parameters.boolean('synchronous', false)) return statusResponse(202, PROCESSING);
  await reached.catch(failedToStart(key));
  const suffix = version === undefined ? '' : `, version: ${version}`;
  return statusResponse(200, `Workers scaled to ${min} for model: ${name}${suffix}`);
}

async function setDefault(controlPlane: ControlPlane, request: PlainRequest): Promise<PlainResponse> {
  const { name, version = '' } = target(request.params);
  const key = { name, version };
  const isDrained = drainsFormer(request);
  const replaced = isDrained ? await controlPlane.replaceDefault(key).catch(failedToStart(key)) : undefined;
  if (!isDrained) await controlPlane.setDefault(key);
  const done = `Default version successfully updated for model "${name}" to "${version}"`;
  return statusResponse(200, replaced ? `${done}; version "${replaced.version}" unregistered` : done);
}

/** Whether a change of the default version unregisters the former one. */
export function drainsFormer(request: PlainRequest): boolean {
  return queryParameters(request).boolean('drain', false);
}

/** TorchServe's sentence, and the handler's own words behind it. */
function failedToStart({ name, version }: RegisteredVersion['key']): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ServeError) || error.code !== 'worker_start_failed') throw error;
    const message = `Failed to start workers for model ${name} version: ${version}: ${messageOf(error)}`;
    throw new ServeError('worker_start_failed', message, { cause: error });
  };
}

function findVersions({ registry }: ControlPlane, { params }: PlainRequest): RegisteredVersion[] {
  const { name, version } = target(params);
  return version === 'all' ? registry.versionsOf(name) : [registry.resolve(name, version)];
}

async function customizedMetadata(
  controlPlane: ControlPlane,
  { key }: RegisteredVersion,
  request: PlainRequest,
): Promise<unknown> {
  const isAll = request.params.model_version === 'all';
  if (isAll || !queryParameters(request).boolean('customized', false)) return undefined;
  const { requestId } = request;
  const headers = [...request.rawHeaders, 'describe', 'True'];
  const job = { operation: 'describe', requestId, codec: 'torchserve', headers, inputs: [] } as const;
  const { meta, body } = await controlPlane.describe(key.name, key.version, job);
  const text = Buffer.from(body).toString('utf8');
  return (meta as ReplyMeta).contentType === 'application/json' ? (JSON.parse(text) as unknown) : text;
}
