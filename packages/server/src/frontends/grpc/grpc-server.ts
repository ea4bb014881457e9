/** The services of a listener, over HTTP/2. */
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { startTimer } from '../../core/timer.ts';
import type { RpcGroup } from '../../protocols/rpc.ts';
import { AnswerGuard } from './answer-guard.ts';
import { createEndedConnections } from './close-ended.ts';
import { Closing } from './closing.ts';
import { createFrameCounter } from './messages/count-frames.ts';
import { GrpcSession, type SessionLimits } from './grpc-session.ts';
import { GrpcStream } from './grpc-stream.ts';
import type { IncomingLimits } from './messages/incoming-messages.ts';
import { limitPings } from './limit-pings.ts';
import { createRpcRunner, type RpcRun, type RpcRunnerOptions } from './rpc-runner.ts';

/** What bounds the clients of a server. */
export interface GrpcLimits
  extends Pick<SessionLimits, 'idleTimeoutMs'>, Omit<IncomingLimits, 'budget' | 'countFrame'> {
  /** Longest time in which a client takes nothing of its answer, in milliseconds. */
  readonly writeTimeoutMs: number;
  /** Calls that a connection may have at a time. */
  readonly maxStreams: number;
  /** Shortest time between two pings on a connection without calls, in milliseconds; 0 for any. */
  readonly pingIntervalMs: number;
}

/** What is served, and its limits. */
export interface GrpcServerOptions
  extends Omit<RpcRunnerOptions, 'closing' | 'guard' | 'countFrame'>, GrpcLimits, SessionLimits {
  /** The services of each protocol that is spoken here. */
  readonly groups: readonly RpcGroup[];
}

/** Serves connections that somebody else accepted. */
export interface GrpcServer {
  /** Serves a connection. */
  inject(socket: Socket): void;
  /** Tells clients to send no more, and resolves when what they sent is answered, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/**
 * How much a client may send ahead, on a connection and on each stream of it. With HTTP/2's own 64 KB a message of 600 KB came in ten
 * turns, in each of which the client waited to be told that there was room; what is not read takes up so much memory at most.
 */
const WINDOW_BYTES = 256 * 1024;

/** Listens nowhere itself. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const closing = new Closing();
  const guard = new AnswerGuard(options.writeTimeoutMs);
  const runs = createRuns({ ...options, closing, guard, countFrame: createFrameCounter() }, options.groups);
  const sessions = new Map<ServerHttp2Session, GrpcSession>();
  const ended = createEndedConnections();
  const server = createServer({
    settings: { maxConcurrentStreams: options.maxStreams, initialWindowSize: WINDOW_BYTES },
    // Memory is counted by message, and what is too much is answered: Node would only end the session.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    maxSendHeaderBlockLength: Number.MAX_SAFE_INTEGER,
  });
  server.on('session', (session) => {
    session.setLocalWindowSize(WINDOW_BYTES);
    const calls = new GrpcSession(session, options);
    sessions.set(session, calls);
    session.once('close', () => sessions.delete(session));
    limitPings(session, calls, options.pingIntervalMs);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    // Its end is told as well.
    stream.on('error', () => {});
    const calls = stream.session && sessions.get(stream.session as ServerHttp2Session);
    calls?.open(stream);
    serveCall({ stream, headers, remoteAddress: calls?.remoteAddress }, runs, guard);
  });
  return {
    inject(socket) {
      server.once('session', (session) => {
        const calls = sessions.get(session);
        if (calls === undefined) return;
        ended.watch({ socket, session, calls });
        if (closing.hasBegun) session.close();
      });
      server.emit('connection', socket);
    },
    async close(timeoutMs) {
      closing.begin();
      await within(timeoutMs, Promise.all([...sessions.values()].map((calls) => calls.close())));
      // Whatever is not over by then ends with its connection.
      for (const calls of sessions.values()) calls.destroy();
      ended.stop();
      guard.stop();
    },
  };
}

/** By path. */
function createRuns(options: RpcRunnerOptions, groups: readonly RpcGroup[]): ReadonlyMap<string, RpcRun> {
  const runs = new Map<string, RpcRun>();
  for (const { services, status } of groups) {
    for (const { name, rpcs } of services) {
      const createRun = createRpcRunner(name, status, options);
      for (const rpc of rpcs) runs.set(`/${name}/${rpc.name}`, createRun(rpc));
    }
  }
  return runs;
}

/** What came on a connection. */
interface IncomingCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
}

function serveCall(call: IncomingCall, runs: ReadonlyMap<string, RpcRun>, guard: AnswerGuard): void {
  const { stream, headers } = call;
  if (headers['content-type']?.startsWith('application/grpc') !== true) {
    stream.respond({ ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE }, { endStream: true });
    return stream.close(constants.NGHTTP2_NO_ERROR);
  }
  const path = headers[':path'] ?? '';
  const run = runs.get(path);
  if (run !== undefined) return run(call);
  const message = `The server does not implement the method ${path}`;
  new GrpcStream(stream, guard).end({ code: 'UNIMPLEMENTED', message });
}

/** Resolves when it does, or when the time is over. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = startTimer(resolve, timeoutMs)))]);
  clearTimeout(timer);
}
