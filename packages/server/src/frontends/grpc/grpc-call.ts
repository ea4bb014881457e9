/** A call of grpc-js as the plain call that procedures and interceptors take. */
import { randomUUID } from 'node:crypto';
import type { ServerUnaryCall, ServerWritableStream, ServerDuplexStream } from '@grpc/grpc-js';
import type { Call } from '../../interceptors/interceptor.ts';
import type { PlainCall } from '../../protocols/rpc.ts';
import type { Closing } from './closing.ts';
import { GrpcCaller } from './grpc-caller.ts';
import { isRequestId } from '../http/request-id.ts';

type AnyCall =
  | ServerUnaryCall<Buffer, Uint8Array>
  | ServerWritableStream<Buffer, Uint8Array>
  | ServerDuplexStream<Buffer, Uint8Array>;

interface GrpcCallFacts extends Pick<Call, 'audience' | 'listener' | 'target'> {
  /** The server's end. */
  readonly closing: Closing;
}

/** One call, from its metadata to its end. */
export class GrpcCall implements Call, PlainCall {
  readonly audience: Call['audience'];
  readonly listener: Call['listener'];
  readonly target: string;
  readonly requestId: string;
  readonly caller: GrpcCaller;
  /** Resolves when the client has its whole answer, or goes away before. */
  readonly left: Promise<void>;
  readonly #call: AnyCall;
  readonly #closing: Closing;

  constructor(call: AnyCall, { audience, listener, target, closing }: GrpcCallFacts) {
    this.#closing = closing;
    this.audience = audience;
    this.listener = listener;
    this.target = target;
    this.#call = call;
    const given = this.header('x-request-id');
    this.requestId = given !== undefined && isRequestId(given) ? given : randomUUID();
    this.caller = new GrpcCaller(call);
    this.left = this.caller.left;
  }

  /** As every call of gRPC has. */
  get method(): string {
    return 'POST';
  }

  get remoteAddress(): string | undefined {
    return /^(?:\[?)(.*?)(?:\]?):\d+$/.exec(this.#call.getPeer())?.[1];
  }

  /** Of the metadata, what is text. */
  get rawHeaders(): readonly string[] {
    return Object.entries(this.#call.metadata.getMap()).flatMap(([name, value]) =>
      typeof value === 'string' ? [name, value] : [],
    );
  }

  get timeoutMs(): number | undefined {
    const deadline = Number(this.#call.getDeadline());
    return deadline === Infinity ? undefined : Math.max(1, Math.ceil(deadline - Date.now()));
  }

  get isClosing(): boolean {
    return this.#closing.hasBegun;
  }

  header(name: string): string | undefined {
    if (name === 'host') return this.#call.getHost();
    const [value] = this.#call.metadata.get(name);
    return typeof value === 'string' ? value : undefined;
  }
}
