/** Bounds what a client may hold of the server by a stream that does not come to its end: of its request, and of its answer. */
import { randomUUID } from 'node:crypto';
import { constants, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { ServeError } from '../../core/errors.ts';
import { startTimer } from '../../core/timer.ts';
import type { Interceptor } from '../../interceptors/interceptor.ts';
import { RPC_CODES, type Rpc, type RpcGroup } from '../../protocols/rpc.ts';
import { overloaded } from '../bodies/body-sink.ts';
import { createFrameCounter, type FrameCounter } from './count-frames.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { MessageBoundaries } from './message-boundaries.ts';
import { RPC_HTTP_STATUSES } from './rpc-http-status.ts';

/** What is called at a path. */
export interface CalledRpc extends Pick<Rpc, 'kind'>, Pick<RpcGroup, 'status'> {}

/** What bounds the streams of a server. */
export interface StreamLimits {
  /** For messages that are not whole yet. */
  readonly budget: MemoryBudget;
  /** Longest time for a message, in milliseconds: from the call, or in a stream of messages from its first byte. */
  readonly messageTimeoutMs: number;
  /** Longest time in which a client takes nothing of its answer, in milliseconds. */
  readonly writeTimeoutMs: number;
}

/** The bounds, and who is told. */
export interface StreamGuardOptions extends StreamLimits {
  /** Told of calls that end before their procedure has begun. */
  readonly interceptor: Required<Interceptor>;
  /** Undefined where nothing is called. */
  readonly rpcAt: (path: string) => CalledRpc | undefined;
}

/** @param server whose own listener answers the streams */
export function guardStreams(server: Http2Server, options: StreamGuardOptions): void {
  const guardAnswer = createAnswerGuard(server, options.writeTimeoutMs);
  const countFrame = createFrameCounter();
  server.prependListener('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const target = headers[':path'] ?? '';
    const rpc = options.rpcAt(target);
    // What is called nowhere is answered at once, and not read.
    if (rpc !== undefined) guardRequest(stream, { target, rpc, options, countFrame });
    guardAnswer(stream);
  });
}

interface GuardedCall {
  readonly target: string;
  readonly rpc: CalledRpc;
  readonly options: StreamGuardOptions;
  readonly countFrame: FrameCounter;
}

/** Counts what has come of a message until it is whole, and its time. Whoever calls it has counted it by then. */
function guardRequest(stream: ServerHttp2Stream, call: GuardedCall): void {
  const { rpc, options } = call;
  const { budget, messageTimeoutMs } = options;
  const isStream = hasManyMessages(rpc);
  const boundaries = new MessageBoundaries();
  const startedAt = performance.now();
  let held = 0;
  let timer: NodeJS.Timeout | undefined;
  const release = (bytes: number) => {
    held -= bytes;
    budget.give(bytes);
  };
  const refuse = (error: ServeError) => {
    end();
    refuseStream(stream, call, { error, ms: performance.now() - startedAt });
  };
  const expire = () => {
    // What is not read is not late.
    if (stream.isPaused()) timer = startTimer(expire, messageTimeoutMs);
    else refuse(tooSlow(messageTimeoutMs));
  };
  const onData = (bytes: Buffer) => {
    const { session } = stream;
    if (session !== undefined && !call.countFrame(session, bytes.length)) {
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_tiny_frames'));
      return session.destroy();
    }
    if (!budget.tryTake(bytes.length)) return refuse(overloaded());
    held += bytes.length;
    if (!isStream) return;
    const part = boundaries.partOf(bytes);
    if (part < bytes.length) {
      release(held - part);
      clearTimeout(timer);
      timer = undefined;
    }
    if (part > 0) timer ??= startTimer(expire, messageTimeoutMs);
  };
  const end = () => {
    stream.off('data', onData);
    clearTimeout(timer);
    release(held);
  };
  if (!isStream) timer = startTimer(expire, messageTimeoutMs);
  stream.on('data', onData).once('end', end).once('close', end);
}

/** Whether its procedure begins before its messages are there. */
function hasManyMessages({ kind }: CalledRpc): boolean {
  return kind === 'duplex' || kind === 'multiplex';
}

interface Refusal {
  readonly error: ServeError;
  readonly ms: number;
}

function refuseStream(stream: ServerHttp2Stream, { target, rpc, options }: GuardedCall, { error, ms }: Refusal): void {
  if (stream.headersSent || stream.destroyed) return stream.close(constants.NGHTTP2_CANCEL);
  const { code, message } = rpc.status(error);
  stream.respond(
    {
      [constants.HTTP2_HEADER_STATUS]: 200,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
      'grpc-status': RPC_CODES[code],
      'grpc-message': encodeURI(message),
    },
    { endStream: true },
  );
  stream.close(constants.NGHTTP2_NO_ERROR);
  // A procedure that has begun tells of its end itself.
  if (hasManyMessages(rpc)) return;
  const { remoteAddress } = stream.session?.socket ?? {};
  const facts = { requestId: randomUUID(), method: 'POST', target, remoteAddress };
  options.interceptor.answered(facts, { status: RPC_HTTP_STATUSES[code], ms, bytes: 0 });
}

function tooSlow(timeoutMs: number): ServeError {
  const message = `The message did not come to its end within ${timeoutMs / 1000} s (request_body_timeout).`;
  return new ServeError('request_timeout', message);
}

/** How often it is looked at whether an answer is taken, within its time. */
const LOOKS = 4;

/** Ends streams whose clients take nothing of what waits for them. */
function createAnswerGuard(server: Http2Server, timeoutMs: number): (stream: ServerHttp2Stream) => void {
  /** How often something waited when it was looked at, without any of it being taken. */
  const waits = new Map<ServerHttp2Stream, number>();
  const look = () => {
    for (const [stream, count] of waits) {
      if (count > LOOKS) stream.close(constants.NGHTTP2_CANCEL);
      waits.set(stream, stream.writableLength > 0 ? count + 1 : 0);
    }
  };
  const timer = setInterval(look, timeoutMs / LOOKS).unref();
  server.once('close', () => clearInterval(timer));
  return (stream) => {
    waits.set(stream, 0);
    onTaken(stream, () => waits.set(stream, 0));
    stream.once('close', () => waits.delete(stream));
  };
}

/** Calls back whenever the client has taken what was written at once: there is no event for that, and `drain` is not for little. */
function onTaken(stream: ServerHttp2Stream, taken: () => void): void {
  const [write, writev] = [stream._write.bind(stream), stream._writev?.bind(stream)];
  const counted = (done: WriteCallback) => (error?: Error | null) => {
    if (!stream.closed) taken();
    done(error);
  };
  stream._write = (chunk, encoding, done) => write(chunk, encoding, counted(done));
  if (writev !== undefined) stream._writev = (chunks, done) => writev(chunks, counted(done));
}

type WriteCallback = (error?: Error | null) => void;
