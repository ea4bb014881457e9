/** TorchServe's management API. */
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import { isRecord } from '../json/is-record.ts';
import { modelPath } from '../rest/model-path.ts';
import { readJson, readJsonObject, wrongAnswer } from '../rest/read-json.ts';
import { RestCalls, type RestRequest } from '../rest/rest-calls.ts';
import { queryOf, type QueryValue } from './query.ts';

/** How an archive is registered; what is left out is as the archive, or the server, says. Further parameters of the server may be given. */
export interface RegisterOptions {
  /** Name to register under. */
  readonly modelName?: string | undefined;
  /** Workers to start. */
  readonly initialWorkers?: number | undefined;
  /** Whether to answer only when the workers are there. */
  readonly synchronous?: boolean | undefined;
  /** Most requests of a batch. */
  readonly batchSize?: number | undefined;
  /** Longest time that a request waits for others of its batch, in milliseconds. */
  readonly maxBatchDelay?: number | undefined;
  /** Longest time of a batch, in seconds. */
  readonly responseTimeout?: number | undefined;
  /** In camel case: `startupTimeout` is sent as `startup_timeout`. */
  readonly [parameter: string]: QueryValue;
}

/** How many workers there are to be. */
export interface ScaleOptions {
  /** Least number of workers; 1 by default. */
  readonly minWorker?: number | undefined;
  /** Greatest number of workers; `minWorker` by default. */
  readonly maxWorker?: number | undefined;
  /** Whether to answer only when the workers are there. */
  readonly synchronous?: boolean | undefined;
}

/** A model in the list. */
export interface ListedModel {
  /** Name that it is registered under. */
  readonly modelName: string;
  /** Its archive. */
  readonly modelUrl: string;
}

/** A worker in a description. */
export interface WorkerDescription {
  /** Of the worker. */
  readonly id: string;
  /** Such as `READY`. */
  readonly status: string;
  /** Further facts. */
  readonly [fact: string]: unknown;
}

/** A version in a description. */
export interface ModelDescription {
  /** Name that it is registered under. */
  readonly modelName: string;
  /** Of the model. */
  readonly modelVersion: string;
  /** Its archive. */
  readonly modelUrl: string;
  /** Least number of workers. */
  readonly minWorkers: number;
  /** Greatest number of workers. */
  readonly maxWorkers: number;
  /** Most requests of a batch. */
  readonly batchSize: number;
  /** Those that there are. */
  readonly workers: readonly WorkerDescription[];
  /** Further facts. */
  readonly [fact: string]: unknown;
}

/** A client of TorchServe's management API, which this project's server speaks, too. */
export interface ManagementClient {
  /** All registered models, page by page. @throws ClientError */
  list(options?: CallOptions): AsyncGenerator<ListedModel, void>;
  /** @param url an archive in the model store, or an address @returns what the server says of it @throws ClientError */
  register(url: string, parameters?: RegisterOptions, options?: CallOptions): Promise<string>;
  /** The default version, the one that is named, or all (`version: 'all'`). @throws ClientError */
  describe(model: ModelRef, options?: CallOptions): Promise<readonly ModelDescription[]>;
  /** @returns what the server says of it @throws ClientError */
  scale(model: ModelRef, parameters: ScaleOptions, options?: CallOptions): Promise<string>;
  /** @returns what the server says of it @throws ClientError */
  setDefault(name: string, version: string, options?: CallOptions): Promise<string>;
  /** @returns what the server says of it @throws ClientError */
  unregister(model: ModelRef, options?: CallOptions): Promise<string>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}

/**
 * @param hosts such as `http://127.0.0.1:8081`
 * @throws RangeError for what is no address
 */
export function createManagementClient(
  hosts: string | readonly string[],
  options: ClientOptions = {},
): ManagementClient {
  const calls = new RestCalls(hosts, options);
  const tell = async (request: RestRequest, call?: CallOptions) => {
    const { status = '' } = readJsonObject(await calls.send(request, call));
    return String(status);
  };
  return {
    list: (call) => listModels(calls, call),
    register: (url, parameters = {}, call) =>
      tell({ method: 'POST', path: `/models${queryOf({ url, ...parameters })}` }, call),
    describe: (model, call) => describeModel(calls, model, call),
    scale: (model, { ...parameters }, call) =>
      tell({ method: 'PUT', path: `/models/${modelPath(model)}${queryOf(parameters)}` }, call),
    setDefault: (name, version, call) =>
      tell({ method: 'PUT', path: `/models/${modelPath({ name, version })}/set-default` }, call),
    unregister: (model, call) => tell({ method: 'DELETE', path: `/models/${modelPath(model)}` }, call),
    close: () => calls.close(),
  };
}

async function* listModels(calls: RestCalls, call?: CallOptions): AsyncGenerator<ListedModel, void> {
  let nextPageToken: QueryValue;
  do {
    const answer = await calls.send({ method: 'GET', path: `/models${queryOf({ nextPageToken })}` }, call);
    const page = readJsonObject(answer);
    if (!Array.isArray(page.models)) throw wrongAnswer(answer, 'expected a list "models"');
    yield* page.models as ListedModel[];
    nextPageToken = (page.nextPageToken ?? undefined) as QueryValue;
  } while (nextPageToken !== undefined);
}

async function describeModel(
  calls: RestCalls,
  model: ModelRef,
  call?: CallOptions,
): Promise<readonly ModelDescription[]> {
  const answer = await calls.send({ method: 'GET', path: `/models/${modelPath(model)}` }, call);
  const versions = readJson(answer);
  if (Array.isArray(versions) && versions.every(isRecord)) return versions as unknown as ModelDescription[];
  throw wrongAnswer(answer, 'expected a list of versions');
}
