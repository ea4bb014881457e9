/** A call of gRPC as the plain call that procedures and interceptors take. */
import type { IncomingHttpHeaders } from 'node:http2';
import type { Call } from '../../interceptors/interceptor.ts';
import type { PlainCall } from '../../protocols/rpc.ts';
import { isRequestId, newRequestId } from '../http/request-id.ts';
import { rawHeadersOf, textOf } from './call-headers.ts';
import type { Closing } from './closing.ts';
import type { GrpcCaller } from './grpc-caller.ts';

/** What is known of a call beside its headers. */
export interface GrpcCallFacts extends Pick<Call, 'audience' | 'listener' | 'target'> {
  /** The server's end. */
  readonly closing: Closing;
}

/** Who calls, and from where. */
export interface GrpcClient {
  /** What it says of its call. */
  readonly headers: IncomingHttpHeaders;
  /** Whoever waits for the answer. */
  readonly caller: GrpcCaller;
  /** The client's IP address; undefined over a socket of the file system. */
  readonly remoteAddress: string | undefined;
  /** Takes headers of the answer. */
  readonly addReplyHeaders: (headers: Readonly<Record<string, string>>) => void;
  /** How long it waits, in milliseconds since its call came; undefined when it did not say. */
  readonly timeoutMs: number | undefined;
}

/** Headers are read by those who ask for them. */
export class GrpcCall implements Call, PlainCall {
  readonly requestId: string;
  readonly #client: GrpcClient;
  readonly #facts: GrpcCallFacts;
  readonly #arrivedAt: number;

  /** @param arrivedAt by the clock in milliseconds */
  constructor(client: GrpcClient, facts: GrpcCallFacts, arrivedAt: number) {
    this.#client = client;
    this.#facts = facts;
    this.#arrivedAt = arrivedAt;
    const given = client.headers['x-request-id'];
    this.requestId = typeof given === 'string' && isRequestId(given) ? given : newRequestId();
  }

  get audience(): Call['audience'] {
    return this.#facts.audience;
  }

  get listener(): Call['listener'] {
    return this.#facts.listener;
  }

  get target(): string {
    return this.#facts.target;
  }

  /** As every call of gRPC has. */
  get method(): string {
    return 'POST';
  }

  get remoteAddress(): string | undefined {
    return this.#client.remoteAddress;
  }

  get caller(): GrpcCaller {
    return this.#client.caller;
  }

  get rawHeaders(): readonly string[] {
    return rawHeadersOf(this.#client.headers, this.timeoutMs);
  }

  get timeoutMs(): number | undefined {
    const { timeoutMs } = this.#client;
    if (timeoutMs === undefined) return undefined;
    return Math.max(1, Math.ceil(this.#arrivedAt + timeoutMs - performance.now()));
  }

  get isClosing(): boolean {
    return this.#facts.closing.hasBegun;
  }

  addReplyHeaders(headers: Readonly<Record<string, string>>): void {
    this.#client.addReplyHeaders(headers);
  }

  header(name: string): string | undefined {
    return textOf(this.#client.headers, name);
  }
}
