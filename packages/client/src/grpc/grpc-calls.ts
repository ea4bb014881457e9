/** Calls over gRPC: from host to host, within their time. */
import type { OutgoingHttpHeaders } from 'node:http2';
import { Deadline } from '../calls/deadline.ts';
import { assertWanted, tryHosts } from '../calls/attempts.ts';
import { ClientError } from '../client-error.ts';
import type { CallOptions, ClientOptions } from '../client-options.ts';
import { forwardedHeaders } from '../forward-headers.ts';
import type { Host } from '../hosts/host.ts';
import { HostPool } from '../hosts/host-pool.ts';
import { parseHosts } from '../hosts/parse-hosts.ts';
import { resolveName } from '../platform/node.ts';
import { callHeaders, timeoutText } from './call/call-headers.ts';
import { codeName, RPC_CODES } from './call/rpc-codes.ts';
import { RpcFailure } from './call/rpc-failure.ts';
import { callStream } from './call/stream-call.ts';
import { callUnary, type UnaryAnswer } from './call/unary-call.ts';
import { GrpcConnections } from './connection/grpc-connections.ts';
import type { GrpcSession } from './connection/grpc-session.ts';

/** A call with one answer. */
export interface UnaryCall {
  /** Such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly path: string;
  /** The request, written. */
  readonly message: Uint8Array<ArrayBuffer>;
}

/** A call in both directions. */
export interface StreamCall {
  /** Such as `/inference.GRPCInferenceService/ModelStreamInfer`. */
  readonly path: string;
  /** The requests, written, as they come; the next one is asked for when the one before is on its way. */
  readonly messages: AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;
}

interface Place {
  readonly host: Host;
  readonly deadline: Deadline;
}

/** What clients of gRPC are made of. */
export class GrpcCalls {
  readonly #options: ClientOptions;
  readonly #connections: GrpcConnections;
  readonly #pool: HostPool;
  /** Bytes of a message of an answer. */
  readonly #most: number;

  /** @throws RangeError for hosts that are no addresses */
  constructor(hosts: string | readonly string[], options: ClientOptions) {
    const { maxResponseBytes = 2 ** 28, connectTimeoutMs = 5000, tls = {} } = options;
    this.#options = options;
    this.#most = maxResponseBytes;
    const connections = new GrpcConnections({ connectTimeoutMs, tls });
    this.#connections = connections;
    this.#pool = new HostPool(parseHosts(hosts, options.tls !== undefined), {
      resolve: resolveName,
      onLeft: (host) => connections.forget(host),
    });
  }

  /** The answer, to be read. @throws ClientError */
  async send<T>(call: UnaryCall, read: (message: Uint8Array) => T, options: CallOptions = {}): Promise<T> {
    const deadline = this.#deadlineOf(options);
    try {
      const headers = this.#headersOf(call, options);
      const limits = { deadline, retries: this.#options.retries ?? 2, host: options.host };
      return await tryHosts(this.#pool, limits, async (host) => {
        const place = { host, deadline };
        const answer = await this.#unary(call, headers, place);
        tellHead(answer, host, options);
        return reading(place, () => read(answer.message));
      });
    } finally {
      deadline.close();
    }
  }

  /** The answers as they come; leaving the loop ends the call. @throws ClientError */
  async *stream<T>(
    call: StreamCall,
    read: (message: Uint8Array) => T,
    options: CallOptions = {},
  ): AsyncGenerator<T, void> {
    const deadline = this.#deadlineOf(options);
    const headers = this.#headersOf(call, options);
    const place = { host: await this.#pool.next(new Set()), deadline };
    try {
      const session = await this.#sessionTo(place);
      const request = { headers: withTimeout(headers, deadline), messages: call.messages };
      for await (const message of callStream(session, request, { deadline, most: this.#most })) {
        yield reading(place, () => read(message));
      }
      this.#pool.worked(place.host);
    } catch (error) {
      const failure = failureOf(error, place);
      if (failure instanceof ClientError && failure.kind === 'connection') this.#pool.failed(place.host);
      throw failure;
    } finally {
      deadline.close();
    }
  }

  /** Where requests may go now. */
  hosts(): Promise<readonly Host[]> {
    return this.#pool.all();
  }

  /** Closes the connections. */
  close(): void {
    this.#connections.close();
  }

  /** What a server has not begun, because it leaves or has enough calls, is sent again. */
  async #unary({ message }: UnaryCall, headers: OutgoingHttpHeaders, place: Place): Promise<UnaryAnswer> {
    const { deadline } = place;
    for (let isAgain = false; ; isAgain = true) {
      try {
        const session = await this.#sessionTo(place);
        const request = { headers: withTimeout(headers, deadline), message };
        return await callUnary(session, request, { deadline, most: this.#most });
      } catch (error) {
        const isUntouched = error instanceof RpcFailure && error.isUntouched;
        if (isAgain || !isUntouched) throw failureOf(error, place);
      }
    }
  }

  /** A connection may be long in coming, and others wait for the same. */
  #sessionTo({ host, deadline }: Place): GrpcSession | Promise<GrpcSession> {
    if (deadline.isOver) throw new RpcFailure('the time of the call is over');
    const session = this.#connections.sessionTo(host);
    if (!(session instanceof Promise)) return session;
    return new Promise((resolve, reject) => {
      const stop = deadline.whenOver(() => reject(new RpcFailure('the time of the call is over')));
      session.then(resolve, reject).finally(stop);
    });
  }

  #deadlineOf({ timeoutMs = this.#options.timeoutMs ?? 60_000, signal }: CallOptions): Deadline {
    return new Deadline(timeoutMs, signal);
  }

  #headersOf({ path }: Pick<UnaryCall, 'path'>, { headers = {}, forward = {} }: CallOptions): OutgoingHttpHeaders {
    const forwarded = forwardedHeaders(forward, this.#options.forwardHeaders);
    return callHeaders(path, [this.#options.headers ?? {}, forwarded, headers]);
  }
}

function withTimeout(headers: OutgoingHttpHeaders, { remainingMs }: Deadline): OutgoingHttpHeaders {
  if (remainingMs < Infinity) headers['grpc-timeout'] = timeoutText(remainingMs);
  return headers;
}

/** @throws ClientError when the call does not want the answer */
function tellHead({ head }: UnaryAnswer, { url: host, address }: Host, options: CallOptions): void {
  if (options.onResponse === undefined && options.refuse === undefined) return;
  const told = { host, address, headers: head.headers };
  options.onResponse?.(told);
  assertWanted(told, options);
}

/** The server may say that the time is over a little before it is here. */
const CLOCKS_APART_MS = 100;

/** Of a failure of gRPC what callers get; anything else as it is. */
function failureOf(error: unknown, { host: { url: host }, deadline }: Place): unknown {
  if (!(error instanceof RpcFailure)) return error;
  const ended = deadline.reason(host);
  if (ended !== undefined) return ended;
  const { code, message: text, headers } = error;
  const facts = { host, code, text, headers, cause: error.cause ?? error };
  if (code === undefined) return new ClientError(`${host}: ${text}`, { kind: 'answer', ...facts });
  if (code === RPC_CODES.DEADLINE_EXCEEDED && deadline.remainingMs <= CLOCKS_APART_MS) {
    return deadline.exceeded(host, facts);
  }
  if (code === RPC_CODES.UNAVAILABLE) {
    return new ClientError(`${host}: ${text}`, { kind: 'connection', isRetryable: true, ...facts });
  }
  return new ClientError(`${host} answered ${codeName(code)}: ${text}`, { kind: 'status', ...facts });
}

/** @throws ClientError for a message that is none */
function reading<T>({ host: { url: host } }: Place, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ClientError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClientError(`${host}: the answer is no message of the protocol: ${reason}`, {
      kind: 'answer',
      host,
      cause: error,
    });
  }
}
