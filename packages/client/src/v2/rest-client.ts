/** The Open Inference Protocol over REST, with what Triton and this project's server speak beyond it. */
import { ClientError } from '../client-error.ts';
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import type { Host } from '../hosts/host.ts';
import { isRecord } from '../json/is-record.ts';
import { stringifyJson } from '../json/stringify-json.ts';
import { isReady } from '../rest/is-ready.ts';
import { modelPath } from '../rest/model-path.ts';
import { readJson, readJsonObject, wrongAnswer } from '../rest/read-json.ts';
import { RestCalls } from '../rest/rest-calls.ts';
import { readEvents } from './read-events.ts';
import { encodeRequest, needsBytes } from './infer-request.ts';
import { decodeResponse } from './infer-response.ts';
import type {
  InferRequest,
  InferResponse,
  ModelMetadata,
  RepositoryModel,
  ServerMetadata,
  V2Client,
} from './v2-client.ts';

/** Settings of a client of the protocol over REST. */
export interface V2RestOptions extends ClientOptions {
  /**
   * How tensors travel: `binary` as bytes behind the JSON, `json` as lists, `auto` (the default) as bytes where the server's
   * metadata, which is asked for once, names the extension `binary_tensor_data`. Tensors that JSON has no form for are bytes
   * in any case.
   */
  readonly tensors?: 'auto' | 'binary' | 'json' | undefined;
}

/** The protocol over REST. */
export interface V2RestClient extends V2Client {
  /** Triton's generate: inputs and parameters by their names. @throws ClientError */
  generate(
    model: ModelRef,
    request: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** The same with the answer in parts, as they come. @throws ClientError, also for an error among the parts */
  generateStream(
    model: ModelRef,
    request: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): AsyncGenerator<Readonly<Record<string, unknown>>, void>;
  /** `/explain` beside `/infer`, of servers that have it. @throws ClientError */
  explain(model: ModelRef, request: InferRequest, options?: CallOptions): Promise<InferResponse>;
}

/**
 * @param hosts such as `http://127.0.0.1:8080`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createV2Client(hosts: string | readonly string[], options: V2RestOptions = {}): V2RestClient {
  return new RestClient(hosts, options);
}

const JSON_TYPE = { 'content-type': 'application/json' };

class RestClient implements V2RestClient {
  readonly #calls: RestCalls;
  readonly #tensors: 'auto' | 'binary' | 'json';
  #takesBytes: Promise<boolean> | undefined;

  constructor(hosts: string | readonly string[], options: V2RestOptions) {
    this.#calls = new RestCalls(hosts, options);
    this.#tensors = options.tensors ?? 'auto';
  }

  infer(model: ModelRef, request: InferRequest, call?: CallOptions): Promise<InferResponse> {
    return this.#run(`${pathOf(model)}/infer`, request, call);
  }

  explain(model: ModelRef, request: InferRequest, call?: CallOptions): Promise<InferResponse> {
    return this.#run(`${pathOf(model)}/explain`, request, call);
  }

  async generate(model: ModelRef, request: Readonly<Record<string, unknown>>, call?: CallOptions) {
    const body = stringifyJson(request);
    const path = `${pathOf(model)}/generate`;
    return readJsonObject(await this.#calls.send({ method: 'POST', path, headers: JSON_TYPE, body }, call));
  }

  generateStream(model: ModelRef, request: Readonly<Record<string, unknown>>, call?: CallOptions) {
    const path = `${pathOf(model)}/generate_stream`;
    const headers = { ...JSON_TYPE, accept: 'text/event-stream' };
    return readEvents(this.#calls.stream({ method: 'POST', path, headers, body: stringifyJson(request) }, call));
  }

  isLive(call?: CallOptions): Promise<boolean> {
    return isReady(this.#calls, { path: '/v2/health/live', key: 'live' }, call);
  }

  isReady(call?: CallOptions): Promise<boolean> {
    return isReady(this.#calls, { path: '/v2/health/ready', key: 'ready' }, call);
  }

  isModelReady(model: ModelRef, call?: CallOptions): Promise<boolean> {
    return isReady(this.#calls, { path: `${pathOf(model)}/ready`, key: 'ready' }, call);
  }

  async serverMetadata(call?: CallOptions): Promise<ServerMetadata> {
    const answer = await this.#calls.send({ method: 'GET', path: '/v2' }, call);
    const { name = '', version = '', extensions = [] } = readJsonObject(answer);
    if (!Array.isArray(extensions)) throw wrongAnswer(answer, 'expected a list "extensions"');
    return { name: String(name), version: String(version), extensions: extensions.map(String) };
  }

  async modelMetadata(model: ModelRef, call?: CallOptions): Promise<ModelMetadata> {
    const answer = await this.#calls.send({ method: 'GET', path: pathOf(model) }, call);
    const body = readJsonObject(answer);
    if (Array.isArray(body.inputs) && Array.isArray(body.outputs)) return body as unknown as ModelMetadata;
    throw wrongAnswer(answer, 'expected lists "inputs" and "outputs"');
  }

  async repositoryIndex(call?: CallOptions): Promise<readonly RepositoryModel[]> {
    const answer = await this.#calls.send(
      { method: 'POST', path: '/v2/repository/index', headers: JSON_TYPE, body: '{}' },
      call,
    );
    const list = readJson(answer);
    if (Array.isArray(list) && list.every(isRecord)) return list as unknown as RepositoryModel[];
    throw wrongAnswer(answer, 'expected a list of models');
  }

  async loadModel(name: string, call?: CallOptions): Promise<void> {
    await this.#repository(`${encodeURIComponent(name)}/load`, call);
  }

  async unloadModel(name: string, call?: CallOptions): Promise<void> {
    await this.#repository(`${encodeURIComponent(name)}/unload`, call);
  }

  hosts(): Promise<readonly Host[]> {
    return this.#calls.hosts();
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  async #repository(path: string, call?: CallOptions): Promise<void> {
    const request = { method: 'POST', path: `/v2/repository/models/${path}`, headers: JSON_TYPE, body: '{}' } as const;
    await this.#calls.send(request, call);
  }

  async #run(path: string, request: InferRequest, call?: CallOptions): Promise<InferResponse> {
    const isBinary = needsBytes(request) || (await this.#sendsBytes(call));
    return decodeResponse(await this.#calls.send({ method: 'POST', path, ...encodeRequest(request, isBinary) }, call));
  }

  async #sendsBytes(call: CallOptions = {}): Promise<boolean> {
    if (this.#tensors !== 'auto') return this.#tensors === 'binary';
    const { timeoutMs, signal, headers, forward } = call;
    this.#takesBytes ??= this.#asksForBytes({ timeoutMs, signal, headers, forward });
    return this.#takesBytes;
  }

  /** Of a server that could not be asked nothing is known the next time, either. */
  async #asksForBytes(call: CallOptions): Promise<boolean> {
    try {
      return (await this.serverMetadata(call)).extensions.includes('binary_tensor_data');
    } catch (error) {
      this.#takesBytes = undefined;
      if (error instanceof ClientError && (error.kind === 'status' || error.kind === 'answer')) return false;
      throw error;
    }
  }
}

function pathOf(model: ModelRef): string {
  return `/v2/models/${modelPath(model, 'versions/')}`;
}
