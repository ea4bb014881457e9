/** The services of a listener on grpc-js, which is loaded with this file: when a client comes. */
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { startTimer } from '../../core/timer.ts';
import type { Rpc, RpcGroup, RpcService } from '../../protocols/rpc.ts';
import { createEndedConnections } from './close-ended.ts';
import { countStreams } from './count-streams.ts';
import { http2ServerOf } from './grpc-http2.ts';
import { Closing } from './closing.ts';
import { guardStreams, type CalledRpc, type StreamLimits } from './guard-streams.ts';
import { limitPings } from './limit-pings.ts';
import { createRpcRunner, type RpcRunnerOptions } from './rpc-runner.ts';

/** How long connections may last; milliseconds, undefined for ever. */
export interface ConnectionAge {
  /** After which a client is told to make a new one. */
  readonly mostMs?: number;
  /** For what is under way on it then. */
  readonly graceMs?: number;
}

/** What bounds the clients of a server. */
export interface GrpcLimits extends Omit<StreamLimits, 'budget'> {
  /** Largest message of a client, in bytes. */
  readonly maxMessageBytes: number;
  /** Calls that a connection may have at a time. */
  readonly maxStreams: number;
  /** How long a connection may be without a call, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Shortest time between two pings on a connection without calls, in milliseconds; 0 for any. */
  readonly pingIntervalMs: number;
}

/** What is served, and its limits. */
export interface GrpcServerOptions extends Omit<RpcRunnerOptions, 'closing'>, GrpcLimits {
  /** The services of each protocol that is spoken here. */
  readonly groups: readonly RpcGroup[];
  /** How long a connection may live. */
  readonly connectionAge: ConnectionAge;
}

/** Serves connections that somebody else accepted. */
export interface GrpcServer {
  /** Serves a connection. */
  inject(socket: Socket): void;
  /** Tells clients to send no more, and resolves when what they sent is answered, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Listens nowhere itself. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { mostMs, graceMs } = options.connectionAge;
  const closing = new Closing();
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': options.maxStreams,
    'grpc.max_connection_idle_ms': options.idleTimeoutMs,
    ...(mostMs !== undefined && { 'grpc.max_connection_age_ms': mostMs }),
    ...(graceMs !== undefined && { 'grpc.max_connection_age_grace_ms': graceMs }),
    'grpc.enable_channelz': 0,
  });
  const called = new Map<string, CalledRpc>();
  for (const { services, status } of options.groups) {
    for (const service of services) {
      const run = createRpcRunner(service.name, status, { ...options, closing });
      const handlers = service.rpcs.map((rpc) => [rpc.name, run(rpc)]);
      server.addService(definitionOf(service), Object.fromEntries(handlers) as UntypedServiceImplementation);
      for (const { name, kind } of service.rpcs) called.set(pathOf(service, name), { kind, status });
    }
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const http2Server = http2ServerOf(server);
  guardStreams(http2Server, { ...options, rpcAt: (path) => called.get(path) });
  const openStreams = countStreams(http2Server);
  limitPings(http2Server, options.pingIntervalMs, openStreams);
  const ended = createEndedConnections(openStreams);
  return {
    inject(socket) {
      http2Server.once('session', (session: Http2Session) => ended.watch(socket, session));
      injector.injectConnection(socket);
    },
    close: (timeoutMs) =>
      new Promise((resolve) => {
        closing.begin();
        const finish = () => {
          clearTimeout(timer);
          ended.stop();
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
function definitionOf(service: RpcService): ServiceDefinition {
  return Object.fromEntries(
    service.rpcs.map(({ name, kind }) => [name, { path: pathOf(service, name), ...KINDS[kind], ...PLAIN }]),
  );
}

function pathOf({ name: service }: RpcService, name: string): string {
  return `/${service}/${name}`;
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
