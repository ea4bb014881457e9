/** Calls over gRPC: from host to host, within their time. */
import {
  Metadata,
  status,
  type CallOptions as RpcOptions,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { Deadline } from '../calls/deadline.ts';
import { assertWanted, tryHosts } from '../calls/attempts.ts';
import { ClientError } from '../client-error.ts';
import type { CallOptions, ClientOptions, ResponseHead } from '../client-options.ts';
import { forwardedHeaders } from '../forward-headers.ts';
import type { Host } from '../hosts/host.ts';
import { HostPool } from '../hosts/host-pool.ts';
import { parseHosts } from '../hosts/parse-hosts.ts';
import { resolveName } from '../platform/node.ts';
import { GrpcChannels } from './grpc-channels.ts';

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
  readonly #channels: GrpcChannels;
  readonly #pool: HostPool;
  /** Bytes of an answer. */
  readonly #most: number;

  /** @throws RangeError for hosts that are no addresses */
  constructor(hosts: string | readonly string[], options: ClientOptions) {
    const { maxResponseBytes = 2 ** 28, tls = {} } = options;
    this.#options = options;
    this.#most = maxResponseBytes;
    const channels = new GrpcChannels({ maxResponseBytes, tls });
    this.#channels = channels;
    this.#pool = new HostPool(parseHosts(hosts, options.tls !== undefined), {
      resolve: resolveName,
      onLeft: (host) => channels.forget(host),
    });
  }

  /** The answer, to be read. @throws ClientError */
  async send<T>(call: UnaryCall, read: (message: Uint8Array) => T, options: CallOptions = {}): Promise<T> {
    const deadline = this.#deadlineOf(options);
    const metadata = this.#metadataOf(options);
    try {
      const limits = { deadline, retries: this.#options.retries ?? 2, host: options.host };
      return await tryHosts(this.#pool, limits, async (host) => {
        const place = { host, deadline };
        const message = await this.#unary(call, { place, metadata, options });
        return reading(place, () => read(message));
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
    const place = { host: await this.#pool.next(new Set()), deadline };
    const stream = this.#channels
      .clientOf(place.host)
      .makeBidiStreamRequest(call.path, asBuffer, asIs, this.#metadataOf(options), rpcOptions(deadline));
    const cancel = () => stream.cancel();
    deadline.signal.addEventListener('abort', cancel);
    const sending = sendAll(stream, call.messages);
    try {
      for await (const message of stream as AsyncIterable<Buffer>) yield reading(place, () => read(message));
      await sending;
      this.#pool.worked(place.host);
    } catch (error) {
      if (!isServiceError(error)) throw error;
      const failure = this.#failed(error, place);
      if (failure.kind === 'connection') this.#pool.failed(place.host);
      throw failure;
    } finally {
      deadline.signal.removeEventListener('abort', cancel);
      stream.cancel();
      await sending.catch(() => {});
      deadline.close();
    }
  }

  /** Where requests may go now. */
  hosts(): Promise<readonly Host[]> {
    return this.#pool.all();
  }

  /** Closes the connections. */
  close(): void {
    this.#channels.close();
  }

  #unary({ path, message }: UnaryCall, { place, metadata, options }: UnaryContext): Promise<Uint8Array> {
    const { host, deadline } = place;
    const client = this.#channels.clientOf(host);
    let head: ResponseHead = { host: host.url, address: host.address, headers: {} };
    return new Promise<Uint8Array>((resolve, reject) => {
      const call = client.makeUnaryRequest(
        path,
        asBuffer,
        asIs,
        message,
        metadata,
        rpcOptions(deadline),
        (error: ServiceError | null, answer?: Buffer) => {
          deadline.signal.removeEventListener('abort', cancel);
          if (error === null) resolve(answer ?? new Uint8Array());
          else reject(this.#failed(error, place));
        },
      );
      const cancel = () => call.cancel();
      deadline.signal.addEventListener('abort', cancel);
      if (deadline.signal.aborted) cancel();
      if (options.onResponse === undefined && options.refuse === undefined) return;
      call.on('metadata', (told: Metadata) => {
        head = { ...head, headers: textsOf(told) };
        options.onResponse?.(head);
      });
    }).then((message) => {
      assertWanted(head, options);
      return message;
    });
  }

  #failed(error: ServiceError, { host: { url: host }, deadline }: Place): ClientError {
    const ended = deadline.reason(host);
    if (ended !== undefined) return ended;
    const { code, details: text } = error;
    const facts = { host, code, text, headers: textsOf(error.metadata), cause: error };
    if (code === status.DEADLINE_EXCEEDED && deadline.remainingMs <= CLOCKS_APART_MS)
      return deadline.exceeded(host, facts);
    if (isOwnComplaint(error, this.#most)) return new ClientError(`${host}: ${text}`, { kind: 'answer', ...facts });
    if (code === status.UNAVAILABLE) {
      return new ClientError(`${host}: ${text}`, { kind: 'connection', isRetryable: true, ...facts });
    }
    return new ClientError(`${host} answered ${status[code]}: ${text}`, { kind: 'status', ...facts });
  }

  #deadlineOf({ timeoutMs = this.#options.timeoutMs ?? 60_000, signal }: CallOptions): Deadline {
    return new Deadline(timeoutMs, signal);
  }

  #metadataOf({ headers = {}, forward = {} }: CallOptions): Metadata {
    const metadata = new Metadata();
    const all = [this.#options.headers ?? {}, forwardedHeaders(forward, this.#options.forwardHeaders), headers];
    for (const [name, value] of all.flatMap((each) => Object.entries(each))) metadata.set(name, value);
    return metadata;
  }
}

interface UnaryContext {
  readonly place: Place;
  readonly metadata: Metadata;
  readonly options: CallOptions;
}

/**
 * What the library says of an answer as if the server had: that there is none, or that it is too long, which servers say of
 * requests, with a limit of their own.
 */
function isOwnComplaint({ code, details }: ServiceError, most: number): boolean {
  if (code === status.UNIMPLEMENTED) return details === 'No message received';
  return code === status.RESOURCE_EXHAUSTED && /larger than max .* vs\.? (\d+)\)/.exec(details)?.[1] === String(most);
}

/** The server may say that the time is over a little before it is here. */
const CLOCKS_APART_MS = 100;

const asBuffer = (message: Uint8Array<ArrayBuffer>) =>
  Buffer.from(message.buffer, message.byteOffset, message.byteLength);
const asIs = (message: Buffer) => message;

function rpcOptions({ remainingMs }: Deadline): RpcOptions {
  return Number.isFinite(remainingMs) ? { deadline: Date.now() + remainingMs } : {};
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

function textsOf(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

type BidiStream = ClientDuplexStream<Uint8Array<ArrayBuffer>, Buffer>;

async function sendAll(stream: BidiStream, messages: StreamCall['messages']): Promise<void> {
  for await (const message of messages) {
    if (stream.destroyed) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        for (const event of ['close', 'error', 'end']) stream.off(event, over);
        resolve();
      };
      for (const event of ['close', 'error', 'end']) stream.on(event, over);
      stream.write(message, over);
    });
  }
  stream.end();
}
