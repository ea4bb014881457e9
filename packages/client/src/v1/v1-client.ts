/** KServe's V1 protocol. */
import type { CallOptions, ClientOptions } from '../client-options.ts';
import type { Host } from '../hosts/host.ts';
import { isRecord } from '../json/is-record.ts';
import { stringifyJson } from '../json/stringify-json.ts';
import { isReady } from '../rest/is-ready.ts';
import { readJsonObject, wrongAnswer } from '../rest/read-json.ts';
import { modelPath } from '../rest/model-path.ts';
import { RestCalls } from '../rest/rest-calls.ts';

/** A request: `instances` in rows, or `inputs` in columns. Bytes in it are written as `{"b64": …}`, typed arrays as lists. */
export type V1Request = Readonly<Record<string, unknown>>;

/** An answer, whatever else the model says in it. */
export interface V1Answer {
  /** What the model answers for each of the instances. */
  readonly predictions?: unknown;
  /** What an explainer says of them. */
  readonly explanations?: unknown;
  /** Further keys. */
  readonly [key: string]: unknown;
}

/** A client of servers that speak KServe's V1 protocol: KServe's, TensorFlow Serving, this project's. */
export interface V1Client {
  /** @example await client.predict('iris', { instances: [[5.1, 3.5, 1.4, 0.2]] }) @throws ClientError */
  predict(model: string, request: V1Request, options?: CallOptions): Promise<V1Answer>;
  /** The same for explanations. @throws ClientError */
  explain(model: string, request: V1Request, options?: CallOptions): Promise<V1Answer>;
  /** Whether the server is alive. @throws ClientError without an answer */
  isLive(options?: CallOptions): Promise<boolean>;
  /** Whether the server has the model, ready. @throws ClientError without an answer */
  isModelReady(model: string, options?: CallOptions): Promise<boolean>;
  /** Versions that TensorFlow Serving says it serves of a model; none of servers that do not tell. @throws ClientError */
  modelVersions(model: string, options?: CallOptions): Promise<readonly string[]>;
  /** Names of the models. @throws ClientError */
  listModels(options?: CallOptions): Promise<readonly string[]>;
  /** Where requests may go now: the addresses of all hosts, as far as they are known. */
  hosts(): Promise<readonly Host[]>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}

/**
 * @param hosts such as `http://127.0.0.1:8080`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createV1Client(hosts: string | readonly string[], options: ClientOptions = {}): V1Client {
  const calls = new RestCalls(hosts, options);
  const ask = async (path: string, request: V1Request, call?: CallOptions) => {
    const body = stringifyJson(request, { bytesAsBase64: true });
    const headers = { 'content-type': 'application/json' };
    return readJsonObject(await calls.send({ method: 'POST', path, headers, body }, call));
  };
  return {
    predict: (model, request, call) => ask(`/v1/models/${modelPath(model)}:predict`, request, call),
    explain: (model, request, call) => ask(`/v1/models/${modelPath(model)}:explain`, request, call),
    isLive: (call) => isLive(calls, call),
    isModelReady: (model, call) => isReady(calls, { path: `/v1/models/${modelPath(model)}`, key: 'ready' }, call),
    modelVersions: (model, call) => modelVersions(calls, model, call),
    listModels: (call) => listModels(calls, call),
    hosts: () => calls.hosts(),
    close: () => calls.close(),
  };
}

async function isLive(calls: RestCalls, call?: CallOptions): Promise<boolean> {
  const { status } = readJsonObject(await calls.send({ method: 'GET', path: '/' }, call));
  return typeof status === 'string' && status.toLowerCase() === 'alive';
}

async function modelVersions(calls: RestCalls, model: string, call?: CallOptions): Promise<readonly string[]> {
  const answer = await calls.send({ method: 'GET', path: `/v1/models/${modelPath(model)}` }, call);
  const { model_version_status: versions } = readJsonObject(answer);
  const served = Array.isArray(versions) ? versions.filter(isRecord).filter(({ state }) => state === 'AVAILABLE') : [];
  return served.map(({ version }) => String(version));
}

async function listModels(calls: RestCalls, call?: CallOptions): Promise<readonly string[]> {
  const answer = await calls.send({ method: 'GET', path: '/v1/models' }, call);
  const { models } = readJsonObject(answer);
  if (Array.isArray(models)) return models.map(String);
  throw wrongAnswer(answer, 'expected a list "models"');
}
