/** Remote procedures, as gRPC has them: functions from plain calls to plain messages, and what an error is called there. */
import type { Audience, PlainRequest } from './endpoint.ts';
import type { Planes } from './protocol.ts';

/** The statuses of gRPC (https://grpc.io/docs/guides/status-codes/). */
export const RPC_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** Name of a status. */
export type RpcCode = keyof typeof RPC_CODES;

/** How a call failed. */
export interface RpcStatus {
  /** Name of the status. */
  readonly code: RpcCode;
  /** For the client. */
  readonly message: string;
}

/** A call without its transport and its message. */
export interface PlainCall extends Pick<PlainRequest, 'requestId' | 'rawHeaders' | 'caller' | 'header'> {
  /** Milliseconds until its client gives up; undefined when it waits for ever. */
  readonly timeoutMs?: number;
  /** Whether the server is stopping: what would go on for ever ends then. */
  readonly isClosing: boolean;
  /** Adds to the headers of the answer, before anything of it is sent. */
  addReplyHeaders(headers: Readonly<Record<string, string>>): void;
}

interface AnyRpc {
  /** As its service calls it: `Predictions`. */
  readonly name: string;
  readonly audience: Audience;
  /** Headers of its answers; none by default. */
  readonly replyHeaders?: (call: PlainCall) => Readonly<Record<string, string>>;
  /** Whether it runs a model; default false. */
  readonly takesModelInput?: boolean;
}

/** One message for one; messages are the bytes that they are on the wire. @throws ServeError */
export interface UnaryRpc extends AnyRpc {
  readonly kind: 'unary';
  /** Rejects with a ServeError. */
  readonly handle: (message: Buffer, call: PlainCall) => Promise<Uint8Array>;
}

/** Several messages for one. */
export interface ServerStreamRpc extends AnyRpc {
  readonly kind: 'server-stream';
  /** The iterable throws a ServeError; its `return` is called when the client goes away. */
  readonly handle: (message: Buffer, call: PlainCall) => AsyncIterable<Uint8Array>;
}

/** Several for several. */
export interface DuplexRpc extends AnyRpc {
  readonly kind: 'duplex';
  /** As that of a stream; the messages end when the client sends no more. */
  readonly handle: (messages: AsyncIterable<Buffer>, call: PlainCall) => AsyncIterable<Uint8Array>;
}

/** Several for several, each by itself: several are answered at a time, and the answers leave as they come. */
export interface MultiplexRpc extends AnyRpc {
  readonly kind: 'multiplex';
  /** Answers one message; what it throws ends all of the stream. The call is that of the stream, its caller that of the message. */
  readonly handle: (message: Buffer, call: PlainCall) => AsyncIterable<Uint8Array>;
}

/** A procedure of any kind. */
export type Rpc = UnaryRpc | ServerStreamRpc | DuplexRpc | MultiplexRpc;

/** A service, and what it is made of. */
export interface RpcService {
  /** With its package: `grpc.health.v1.Health`. */
  readonly name: string;
  /** In any order; the others of its descriptors are unimplemented. */
  readonly rpcs: readonly Rpc[];
}

/** What a protocol is over gRPC. */
export interface RpcProtocol {
  /** Called when the first client comes over gRPC. */
  readonly createServices: (planes: Planes) => readonly RpcService[];
  /** The status for anything thrown: of a closed table, by the house's error codes. */
  readonly status: (thrown: unknown) => RpcStatus;
  /** What its messages are: a google.protobuf.FileDescriptorSet in base64. */
  readonly descriptors: string;
}

/** The services of one protocol on a listener, and how it words errors. */
export interface RpcGroup extends Pick<RpcProtocol, 'status' | 'descriptors'> {
  /** Those that the listener serves. */
  readonly services: readonly RpcService[];
}
