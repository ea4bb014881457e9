/** The session API of kibae's onnxruntime-server (protocols.md 6.4). */
import type { CallOptions, ClientOptions } from '../client-options.ts';
import { isRecord } from '../json/is-record.ts';
import { stringifyJson } from '../json/stringify-json.ts';
import { isReady } from '../rest/is-ready.ts';
import { readJson, readJsonObject, wrongAnswer } from '../rest/read-json.ts';
import { RestCalls, type RestAnswer } from '../rest/rest-calls.ts';
import type { NamedTensors } from '../tensor/tensor.ts';
import { readSession, type Session } from './session.ts';
import { readLists, writeLists, type SessionInputs } from './lists.ts';

/** Which session. */
export interface SessionRef {
  /** Name of the model. */
  readonly model: string;
  /** Its version. */
  readonly version: string | number;
}

/** A client of servers that have kibae's session API, as this project's has. */
export interface SessionsClient {
  /**
   * Executes a session. What it answers is lists, which become tensors of the types that the session names; it is asked for
   * those once.
   * @param inputs tensors, or nested lists, by their names
   * @example await client.predict({ model: 'price', version: 1 }, { features: [[80, 3, 12]] })
   * @throws ClientError; TypeError for inputs that JSON has no form for
   */
  predict(session: SessionRef, inputs: SessionInputs, options?: CallOptions): Promise<NamedTensors>;
  /** All sessions. @throws ClientError */
  list(options?: CallOptions): Promise<readonly Session[]>;
  /** @param option how the model is run, where the server takes that; this project's does not @throws ClientError */
  create(session: SessionRef, option?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Session>;
  /** @throws ClientError */
  describe(session: SessionRef, options?: CallOptions): Promise<Session>;
  /** @throws ClientError */
  destroy(session: SessionRef, options?: CallOptions): Promise<void>;
  /** The version of ONNX Runtime. @throws ClientError */
  version(options?: CallOptions): Promise<string>;
  /** Whether the server works. @throws ClientError without an answer */
  isHealthy(options?: CallOptions): Promise<boolean>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}

/**
 * @param hosts such as `http://127.0.0.1:8080`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createSessionsClient(hosts: string | readonly string[], options: ClientOptions = {}): SessionsClient {
  return new KibaeClient(hosts, options);
}

const SESSIONS = '/api/sessions';
const JSON_TYPE = { 'content-type': 'application/json' };

class KibaeClient implements SessionsClient {
  readonly #calls: RestCalls;
  /** Those that were executed, by their paths. */
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(hosts: string | readonly string[], options: ClientOptions) {
    this.#calls = new RestCalls(hosts, options);
  }

  async predict(session: SessionRef, inputs: SessionInputs, call?: CallOptions): Promise<NamedTensors> {
    const path = pathOf(session);
    const body = writeLists(inputs);
    const answer = await this.#calls.send({ method: 'POST', path, headers: JSON_TYPE, body }, call);
    const lists = readJsonObject(answer);
    const { outputs } = await this.#known(session, call);
    return reading(answer, () => readLists(lists, outputs));
  }

  async list(call?: CallOptions): Promise<readonly Session[]> {
    const answer = await this.#calls.send({ method: 'GET', path: SESSIONS }, call);
    const list = readJson(answer);
    if (!Array.isArray(list) || !list.every(isRecord)) throw wrongAnswer(answer, 'expected a list of sessions');
    return reading(answer, () => list.map(readSession));
  }

  async create({ model, version }: SessionRef, option = {}, call?: CallOptions): Promise<Session> {
    this.#sessions.delete(pathOf({ model, version }));
    const body = stringifyJson({ model, version: String(version), option });
    const answer = await this.#calls.send({ method: 'POST', path: SESSIONS, headers: JSON_TYPE, body }, call);
    return sessionIn(answer);
  }

  async describe(session: SessionRef, call?: CallOptions): Promise<Session> {
    return sessionIn(await this.#calls.send({ method: 'GET', path: pathOf(session) }, call));
  }

  async destroy(session: SessionRef, call?: CallOptions): Promise<void> {
    this.#sessions.delete(pathOf(session));
    await this.#calls.send({ method: 'DELETE', path: pathOf(session) }, call);
  }

  async version(call?: CallOptions): Promise<string> {
    const { bytes } = await this.#calls.send({ method: 'GET', path: '/api/version' }, call);
    return new TextDecoder().decode(bytes).trim();
  }

  isHealthy(call?: CallOptions): Promise<boolean> {
    return isReady(this.#calls, { path: '/health', key: 'healthy' }, call);
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  /** Of one that could not be asked nothing is known the next time, either. */
  #known(session: SessionRef, { timeoutMs, signal, headers, forward }: CallOptions = {}): Promise<Session> {
    const path = pathOf(session);
    const known = this.#sessions.get(path);
    if (known !== undefined) return known;
    const asked = this.describe(session, { timeoutMs, signal, headers, forward }).catch((error: unknown) => {
      this.#sessions.delete(path);
      throw error;
    });
    this.#sessions.set(path, asked);
    return asked;
  }
}

function pathOf({ model, version }: SessionRef): string {
  return `${SESSIONS}/${encodeURIComponent(model)}/${encodeURIComponent(version)}`;
}

function sessionIn(answer: RestAnswer): Session {
  const body = readJsonObject(answer);
  return reading(answer, () => readSession(body));
}

/** @throws ClientError `answer` for what is none */
function reading<T>(answer: RestAnswer, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw wrongAnswer(answer, error.message);
    throw error;
  }
}
