/** Calls over REST: from host to host, within their time; what is no success becomes an error. */
import { platform } from '#platform';
import { Deadline } from '../calls/deadline.ts';
import { assertWanted, tryHosts } from '../calls/attempts.ts';
import { ClientError, reasonOf } from '../client-error.ts';
import type { CallOptions, ClientOptions } from '../client-options.ts';
import { forwardedHeaders } from '../forward-headers.ts';
import { HostPool } from '../hosts/host-pool.ts';
import { parseHosts } from '../hosts/parse-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { isTransportError, type Transport, type TransportResponse } from '../platform/platform.ts';
import { statusError } from './status-error.ts';

/** A request, to whichever host. */
export interface RestRequest {
  /** Of HTTP. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Behind the host's own path, with its query. */
  readonly path: string;
  /** Those of the protocol, their names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Undefined for none. */
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
}

/** A whole answer. */
export interface RestAnswer {
  /** Who answered. */
  readonly host: string;
  /** From 200 to 299. */
  readonly status: number;
  /** Their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly bytes: Uint8Array;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_RETRIES = 2;
const MEBIBYTE = 2 ** 20;

interface Answered {
  readonly host: Host;
  readonly response: TransportResponse;
}

/** What the clients of all protocols over REST are made of. */
export class RestCalls {
  readonly #options: ClientOptions;
  readonly #transport: Transport;
  readonly #pool: HostPool;

  /** @throws RangeError for hosts that are no addresses */
  constructor(hosts: string | readonly string[], options: ClientOptions = {}) {
    const { connectTimeoutMs = 5000, maxConnections = 100, tls = {} } = options;
    this.#options = options;
    const transport = platform.createTransport({ connectTimeoutMs, maxConnections, tls });
    this.#transport = transport;
    const { resolve } = platform;
    this.#pool = new HostPool(parseHosts(hosts, options.tls !== undefined), {
      resolve,
      onLeft: (host) => transport.forget(host),
    });
  }

  /** @throws ClientError without an answer, and for one with an error */
  async send(request: RestRequest, call: CallOptions = {}): Promise<RestAnswer> {
    const deadline = this.#deadlineOf(call);
    const most = this.#options.maxResponseBytes ?? 256 * MEBIBYTE;
    try {
      return await this.#try(request, { call, deadline }, async ({ host, response }) => {
        const { status, headers } = response;
        const bytes = await response.bytes(most).catch((error: unknown) => fail(error, { host, deadline }));
        return { host: host.url, status, headers, bytes };
      });
    } finally {
      deadline.close();
    }
  }

  /** The body of an answer as it comes. @throws ClientError without an answer, for one with an error, and when it breaks off */
  async *stream(request: RestRequest, call: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    const deadline = this.#deadlineOf(call);
    try {
      const { host, response } = await this.#try(request, { call, deadline }, async (answered) => answered);
      try {
        yield* response.chunks();
      } catch (error) {
        fail(error, { host, deadline });
      }
    } finally {
      deadline.close();
    }
  }

  /** Where requests may go now. */
  hosts(): Promise<readonly Host[]> {
    return this.#pool.all();
  }

  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #deadlineOf({ timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal }: CallOptions): Deadline {
    return new Deadline(timeoutMs, signal);
  }

  #try<T>(
    request: RestRequest,
    { call, deadline }: { readonly call: CallOptions; readonly deadline: Deadline },
    read: (answered: Answered) => Promise<T>,
  ): Promise<T> {
    const headers = this.#headersOf(request, call);
    const limits = { deadline, retries: this.#options.retries ?? DEFAULT_RETRIES, host: call.host };
    return tryHosts(this.#pool, limits, async (host) => {
      const response = await this.#ask(request, { headers, host, deadline });
      const { status } = response;
      const head = { host: host.url, address: host.address, status, headers: response.headers };
      call.onResponse?.(head);
      if (status < 200 || status > 299) throw await statusError(host, response);
      await giveUpUnwanted(response, () => assertWanted(head, call));
      return read({ host, response });
    });
  }

  async #ask(
    { method, path, body }: RestRequest,
    {
      headers,
      host,
      deadline,
    }: { readonly headers: Record<string, string>; readonly host: Host; readonly deadline: Deadline },
  ): Promise<TransportResponse> {
    const { signal, remainingMs } = deadline;
    const isTold = Number.isFinite(remainingMs) && platform.maySendDeadline(host.url);
    const sent = isTold ? { ...headers, 'x-request-timeout-ms': String(Math.ceil(remainingMs)) } : headers;
    try {
      return await this.#transport.send({ host, method, path, headers: sent, body, signal });
    } catch (error) {
      return fail(error, { host, deadline, isRepeatable: method === 'GET' });
    }
  }

  #headersOf({ headers }: RestRequest, { headers: own = {}, forward = {} }: CallOptions): Record<string, string> {
    return {
      ...lowerCased(this.#options.headers ?? {}),
      ...forwardedHeaders(forward, this.#options.forwardHeaders),
      ...headers,
      ...lowerCased(own),
    };
  }
}

/** What is thrown leaves no body that nobody reads. */
async function giveUpUnwanted(response: TransportResponse, check: () => void): Promise<void> {
  try {
    check();
  } catch (error) {
    await response.cancel();
    throw error;
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

interface Place {
  readonly host: Host;
  readonly deadline: Deadline;
  /** Whether the request may be sent again although the server may have got it; default false. */
  readonly isRepeatable?: boolean;
}

/** @throws ClientError for what the transport threw */
function fail(error: unknown, { host: { url: host }, deadline, isRepeatable = false }: Place): never {
  const ended = deadline.reason(host);
  if (ended !== undefined) throw ended;
  if (error instanceof RangeError) {
    throw new ClientError(`${host}: the answer is too long: ${error.message}`, {
      kind: 'answer',
      host,
      cause: error,
    });
  }
  if (!isTransportError(error)) throw error;
  const isRetryable = isRepeatable || !error.isSent;
  throw new ClientError(`${host}: ${reasonOf(error)}`, { kind: 'connection', host, isRetryable, cause: error });
}
