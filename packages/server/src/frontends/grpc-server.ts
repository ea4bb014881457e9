/** The services of a listener on grpc-js, which is loaded with this file: when a client comes. */
import type { Socket } from 'node:net';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { startTimer } from '../core/timer.ts';
import type { Rpc, RpcGroup, RpcService } from '../protocols/rpc.ts';
import { createRpcRunner, type RpcRunnerOptions } from './rpc-runner.ts';

/** How long connections may last; milliseconds, undefined for ever. */
export interface ConnectionAge {
  /** After which a client is told to make a new one. */
  readonly mostMs?: number;
  /** For what is under way on it then. */
  readonly graceMs?: number;
}

export interface GrpcServerOptions extends Omit<RpcRunnerOptions, 'isClosing'> {
  /** The services of each protocol that is spoken here. */
  readonly groups: readonly RpcGroup[];
  /** Largest message of a client, in bytes. */
  readonly maxMessageBytes: number;
  readonly connectionAge: ConnectionAge;
}

export interface GrpcServer {
  /** Serves a connection. */
  inject(socket: Socket): void;
  /** Tells clients to send no more, and resolves when what they sent is answered, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Calls that a connection may have at a time. */
const MOST_STREAMS = 256;

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { mostMs, graceMs } = options.connectionAge;
  let isClosing = false;
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': MOST_STREAMS,
    ...(mostMs !== undefined && { 'grpc.max_connection_age_ms': mostMs }),
    ...(graceMs !== undefined && { 'grpc.max_connection_age_grace_ms': graceMs }),
    'grpc.enable_channelz': 0,
  });
  for (const { services, status } of options.groups) {
    for (const service of services) {
      const run = createRpcRunner(service.name, status, { ...options, isClosing: () => isClosing });
      const handlers = service.rpcs.map((rpc) => [rpc.name, run(rpc)]);
      server.addService(definitionOf(service), Object.fromEntries(handlers) as UntypedServiceImplementation);
    }
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    inject: (socket) => injector.injectConnection(socket),
    close: (timeoutMs) =>
      new Promise((resolve) => {
        isClosing = true;
        const finish = () => {
          clearTimeout(timer);
          resolve();
        };
        // Whatever is not over then ends with its connection.
        const timer = startTimer(() => {
          server.forceShutdown();
          finish();
        }, timeoutMs);
        server.tryShutdown(finish);
      }),
  };
}

/** Messages stay the bytes that they are. */
function definitionOf({ name, rpcs }: RpcService): ServiceDefinition {
  return Object.fromEntries(
    rpcs.map((rpc) => [rpc.name, { path: `/${name}/${rpc.name}`, ...KINDS[rpc.kind], ...PLAIN }]),
  );
}

const KINDS = {
  unary: { requestStream: false, responseStream: false },
  'server-stream': { requestStream: false, responseStream: true },
  duplex: { requestStream: true, responseStream: true },
  multiplex: { requestStream: true, responseStream: true },
} as const satisfies Record<Rpc['kind'], unknown>;

const PLAIN = {
  requestSerialize: toBuffer,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: toBuffer,
  responseDeserialize: (bytes: Buffer) => bytes,
};

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
