/** Runs one procedure for one call of grpc-js and sends what it answers. */
import { once } from 'node:events';
import type { Metadata, sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { clientGone, isFault, toServeError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Call, Interceptor } from '../../interceptors/interceptor.ts';
import {
  RPC_CODES,
  type DuplexRpc,
  type MultiplexRpc,
  type Rpc,
  type RpcCode,
  type RpcStatus,
  type ServerStreamRpc,
  type UnaryRpc,
} from '../../protocols/rpc.ts';
import { overloaded } from '../bodies/body-sink.ts';
import { ClientMessages } from './client-messages.ts';
import type { Closing } from './closing.ts';
import { GrpcCall } from './grpc-call.ts';
import { HeldMemory } from '../memory/held-memory.ts';
import { mergeAnswers } from './merge-answers.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { reportFailure } from '../report-failure.ts';
import { RPC_HTTP_STATUSES } from './rpc-http-status.ts';

/** What every call of a listener is run with. */
export interface RpcRunnerOptions {
  /** For messages that are on their way. */
  readonly budget: MemoryBudget;
  /** What stands around every call. */
  readonly interceptor: Required<Interceptor>;
  /** Told of what failed. */
  readonly logger: Logger;
  /** Called for each error that is a fault of the server. */
  readonly onInternalError: () => void;
  /** Which API open calls are made at. */
  readonly listener: Call['listener'];
  /** The server's own end. */
  readonly closing: Closing;
}

type Unary = ServerUnaryCall<Buffer, Uint8Array>;
type ServerStream = ServerWritableStream<Buffer, Uint8Array>;
type Duplex = ServerDuplexStream<Buffer, Uint8Array>;

/** A handler as grpc-js has it. */
export type RpcHandler =
  | ((call: Unary, callback: sendUnaryData<Uint8Array>) => void)
  | ((call: ServerStream) => void)
  | ((call: Duplex) => void);

/** How long a message waits for room, as a body of REST does. */
const ROOM_MS = 5000;

/** How an error is said in the call's protocol. */
type StatusOf = (thrown: unknown) => RpcStatus;

/** Makes the handlers of the procedures of one service. */
export function createRpcRunner(
  service: string,
  statusOf: StatusOf,
  options: RpcRunnerOptions,
): (rpc: Rpc) => RpcHandler {
  const held = new HeldMemory(options.budget);
  return (rpc) => {
    const facts = { audience: rpc.audience, target: `/${service}/${rpc.name}`, statusOf, options, held };
    switch (rpc.kind) {
      case 'unary':
        return (call, callback) => settle(runUnary(rpc, new RunningCall(call, facts), { call, callback }), facts);
      case 'server-stream':
        return (call: ServerStream) => settle(runServerStream(rpc, new RunningCall(call, facts), call), facts);
      case 'duplex':
        return (call: Duplex) => settle(runDuplex(rpc, new RunningCall(call, facts), call), facts);
      case 'multiplex':
        return (call: Duplex) => settle(runMultiplex(rpc, new RunningCall(call, facts), call), facts);
    }
  };
}

/** The runs answer whatever happens; what is left is a fault of the server. */
function settle(run: Promise<void>, { options }: RpcFacts): void {
  run.catch((error: unknown) => {
    options.onInternalError();
    options.logger.error('a call could not be answered', { error });
  });
}

interface UnaryParts {
  readonly call: Unary;
  readonly callback: sendUnaryData<Uint8Array>;
}

async function runUnary(rpc: UnaryRpc, running: RunningCall, { call, callback }: UnaryParts): Promise<void> {
  try {
    running.admit();
    await running.take(call.request.byteLength);
    const answer = await rpc.handle(call.request, running.call);
    callback(null, answer);
    running.holdAnswer(answer);
    running.end('OK', answer.byteLength);
  } catch (error) {
    callback(running.fail(error));
  }
}

async function runServerStream(rpc: ServerStreamRpc, running: RunningCall, call: ServerStream): Promise<void> {
  try {
    running.admit();
    await running.take(call.request.byteLength);
    await sendParts(rpc.handle(call.request, running.call), running, call);
  } catch (error) {
    call.emit('error', running.fail(error));
  }
}

async function runDuplex(rpc: DuplexRpc, running: RunningCall, call: Duplex): Promise<void> {
  const messages = running.messagesOf(call);
  try {
    running.admit();
    await sendParts(rpc.handle(counted(messages, running), running.call), running, call);
  } catch (error) {
    await running.sent();
    call.emit('error', running.fail(error));
  } finally {
    messages.release();
  }
}

/** How many messages of a stream are answered at a time. */
const MOST_AT_A_TIME = 64;

async function runMultiplex(rpc: MultiplexRpc, running: RunningCall, call: Duplex): Promise<void> {
  const messages = running.messagesOf(call);
  try {
    running.admit();
    const parts = mergeAnswers(messages, {
      answer: (message) => answerOne(rpc, message, running),
      most: MOST_AT_A_TIME,
      left: running.call.left,
    });
    await sendParts(parts, running, call);
  } catch (error) {
    await running.sent();
    call.emit('error', running.fail(error));
  } finally {
    messages.release();
    running.call.caller.leaveRequests();
  }
}

async function* answerOne(rpc: MultiplexRpc, message: Buffer, running: RunningCall): AsyncGenerator<Uint8Array> {
  const { requestId, rawHeaders, timeoutMs, isClosing, caller: all } = running.call;
  const release = await running.hold(message.byteLength);
  const caller = all.forRequest();
  try {
    yield* rpc.handle(message, { requestId, rawHeaders, timeoutMs, isClosing, caller });
  } finally {
    caller.release();
    release();
  }
}

/** The messages of a client, each counted until the next is asked for. */
async function* counted(messages: AsyncIterable<Buffer>, running: RunningCall): AsyncGenerator<Buffer> {
  for await (const message of messages) {
    await running.take(message.byteLength);
    yield message;
    running.give();
  }
}

/** No faster than the client takes them. */
async function sendParts(
  parts: AsyncIterable<Uint8Array>,
  running: RunningCall,
  call: ServerStream | Duplex,
): Promise<void> {
  let bytes = 0;
  for await (const part of parts) {
    if (running.call.caller.isGone) throw clientGone();
    bytes += part.byteLength;
    if (!call.write(part, running.sending())) await Promise.race([once(call, 'drain'), running.call.left]);
  }
  if (running.call.caller.isGone) throw clientGone();
  call.end();
  running.end('OK', bytes);
}

interface RpcFacts extends Pick<Call, 'audience' | 'target'> {
  readonly statusOf: StatusOf;
  readonly options: RpcRunnerOptions;
  /** The answers that are on their way. */
  readonly held: HeldMemory;
}

/** What grpc-js sends for an error. */
interface SentStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}

/** A call from its arrival to its end, of which the interceptors are told. */
class RunningCall {
  readonly call: GrpcCall;
  readonly #facts: RpcFacts;
  readonly #startedAt = performance.now();
  #unsent = 0;
  #onSent: (() => void) | undefined;
  #onAllSent: (() => void) | undefined;
  #taken = 0;

  constructor(call: Unary | ServerStream | Duplex, facts: RpcFacts) {
    const { audience, target, options } = facts;
    // Spreading the options for each call took 8 % of the daemon's time.
    this.call = new GrpcCall(call, { audience, target, listener: options.listener, closing: options.closing });
    this.#facts = facts;
  }

  /** @throws ServeError of the interceptor that refuses it */
  admit(): void {
    this.#facts.options.interceptor.admit(this.call);
  }

  messagesOf(call: Duplex): ClientMessages {
    // A loop over the stream itself would destroy it at its end, and with it the answers.
    const messages = call.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
    return new ClientMessages(messages, this.#facts.options.closing);
  }

  /** What is called when the part that is written now was sent. */
  sending(): () => void {
    this.#unsent += 1;
    return (this.#onSent ??= () => {
      this.#unsent -= 1;
      if (this.#unsent === 0) this.#onAllSent?.();
    });
  }

  /**
   * Resolves when what was written is sent, or the client is gone. An error that comes earlier destroys a stream whose next message
   * is waited for, with its status.
   */
  sent(): Promise<void> {
    if (this.#unsent === 0) return Promise.resolve();
    const sent = new Promise<void>((resolve) => (this.#onAllSent = resolve));
    return Promise.race([sent, this.call.left]);
  }

  /** Counts a message, when there is room for it. @throws ServeError `overloaded` */
  async take(bytes: number): Promise<void> {
    await this.hold(bytes);
    this.#taken += bytes;
  }

  /** Counts one by itself, until what it resolves with is called. @throws ServeError `overloaded` */
  async hold(bytes: number): Promise<() => void> {
    const { budget } = this.#facts.options;
    if (!budget.tryTake(bytes) && !(await budget.takeWithin(ROOM_MS, bytes))) throw overloaded();
    return () => budget.give(bytes);
  }

  /** Counts an answer until the client has taken it, or is gone. */
  holdAnswer(answer: Uint8Array): void {
    const giveBack = this.#facts.held.take(answer);
    void this.call.left.then(giveBack);
  }

  give(): void {
    this.#facts.options.budget.give(this.#taken);
    this.#taken = 0;
  }

  end(code: RpcCode, bytes: number): void {
    this.give();
    const ms = performance.now() - this.#startedAt;
    this.#facts.options.interceptor.answered(this.call, { status: RPC_HTTP_STATUSES[code], ms, bytes });
  }

  fail(thrown: unknown): SentStatus {
    const { statusOf, options } = this.#facts;
    const error = toServeError(thrown);
    const { requestId, caller } = this.call;
    reportFailure(error, isFault(error) && !caller.isGone, { ...options, requestId });
    const { code, message } = statusOf(caller.isGone ? clientGone() : error);
    this.end(code, 0);
    return { code: RPC_CODES[code], details: message };
  }
}
