/** Runs one procedure for each of its calls, and sends what it answers. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { ServeError, toServeError } from '../../core/errors.ts';
import type { Call } from '../../interceptors/interceptor.ts';
import type { Rpc, RpcStatus } from '../../protocols/rpc.ts';
import { HeldMemory } from '../memory/held-memory.ts';
import type { AnswerGuard } from './answer-guard.ts';
import { ClientMessages } from './messages/client-messages.ts';
import { textOf } from './call-headers.ts';
import type { Closing } from './closing.ts';
import { GrpcStream } from './grpc-stream.ts';
import { IncomingMessages, type IncomingLimits, type MessageReceiver } from './messages/incoming-messages.ts';
import { MessageQueue } from './messages/message-queue.ts';
import type { FramedMessage } from './messages/message-reader.ts';
import { readTimeout } from './read-timeout.ts';
import { runOnMessage, runOnStream, type OpenCall } from './run-procedure.ts';
import { RunningCall, type RpcFacts, type RunningCallOptions } from './running-call.ts';

/** What every call of a listener is run with. */
export interface RpcRunnerOptions extends RunningCallOptions, IncomingLimits {
  /** Which API open calls are made at. */
  readonly listener: Call['listener'];
  /** The server's own end. */
  readonly closing: Closing;
  /** For answers that are not taken. */
  readonly guard: AnswerGuard;
}

/** A call whose headers have come. */
export interface ArrivedCall {
  /** What it is on. */
  readonly stream: ServerHttp2Stream;
  /** What the client says of it. */
  readonly headers: IncomingHttpHeaders;
  /** The client's IP address; undefined over a socket of the file system. */
  readonly remoteAddress: string | undefined;
}

/** Runs a procedure for a call and answers, whatever happens. */
export type RpcRun = (arrived: ArrivedCall) => void;

/** Makes the runs of the procedures of one service. @param statusOf how an error is said in the service's protocol */
export function createRpcRunner(
  service: string,
  statusOf: (thrown: unknown) => RpcStatus,
  options: RpcRunnerOptions,
): (rpc: Rpc) => RpcRun {
  const { listener, closing } = options;
  const held = new HeldMemory(options.budget);
  return (rpc) => {
    const target = `/${service}/${rpc.name}`;
    const facts = { audience: rpc.audience, target, listener, closing, statusOf, options, held };
    return (arrived) => run(rpc, arrived, facts);
  };
}

interface Facts extends RpcFacts {
  readonly options: RpcRunnerOptions;
}

function run(rpc: Rpc, { stream, headers, remoteAddress }: ArrivedCall, facts: Facts): void {
  const { options } = facts;
  const answer = new GrpcStream(stream, options.guard);
  const timeout = timeoutOf(headers);
  const timeoutMs = timeout instanceof ServeError ? undefined : timeout;
  const client = {
    headers,
    remoteAddress,
    timeoutMs,
    caller: answer.caller,
    addReplyHeaders: answer.addHeaders.bind(answer),
  };
  const running = new RunningCall(answer, client, facts);
  if (rpc.replyHeaders !== undefined) answer.addHeaders(rpc.replyHeaders(running.call));
  if (timeout instanceof ServeError) return running.refuse(timeout);
  if (timeoutMs !== undefined) answer.limitTime(timeoutMs, () => running.refuse(deadlineExceeded()));
  const decompress = { encoding: textOf(headers, 'grpc-encoding'), maxBytes: options.maxMessageBytes };
  const call = { running, answer, decompress };
  if (rpc.kind === 'unary' || rpc.kind === 'server-stream') {
    const receiver = new OneMessage(running, (message) => settle(runOnMessage(rpc, message, call), options));
    new IncomingMessages(stream, { limits: options, isMany: false, receiver }).begin();
  } else settle(runOnStream(rpc, messagesOf(stream, call, facts), call), options);
}

/** The runs answer whatever happens; what is left is a fault of the server. */
function settle(work: Promise<void>, { onInternalError, logger }: RpcRunnerOptions): void {
  work.catch((error: unknown) => {
    onInternalError();
    logger.error('a call could not be answered', { error });
  });
}

/** Milliseconds, or why they cannot be read. */
function timeoutOf(headers: IncomingHttpHeaders): number | undefined | ServeError {
  try {
    return readTimeout(headers['grpc-timeout']);
  } catch (error) {
    return toServeError(error);
  }
}

function deadlineExceeded(): ServeError {
  return new ServeError('deadline_exceeded', 'Deadline exceeded');
}

/** Those of a call that has a stream of them. */
function messagesOf(
  stream: ServerHttp2Stream,
  { running, answer, decompress }: OpenCall,
  { options, closing }: Facts,
): ClientMessages {
  const queue = new MessageQueue(stream, decompress);
  const receiver: MessageReceiver = {
    take: (message) => queue.add(message),
    end: () => queue.end(),
    refuse: (error) => running.refuse(error),
  };
  const incoming = new IncomingMessages(stream, { limits: options, isMany: true, receiver });
  incoming.begin();
  void answer.caller.left.then(() => {
    queue.stop();
    incoming.stop();
  });
  return new ClientMessages(queue, closing);
}

/** The message of a call that has one. */
class OneMessage implements MessageReceiver {
  readonly #running: RunningCall;
  readonly #run: (message: FramedMessage) => void;
  #message: FramedMessage | undefined;

  constructor(running: RunningCall, run: (message: FramedMessage) => void) {
    this.#running = running;
    this.#run = run;
  }

  take(message: FramedMessage): void {
    if (this.#message !== undefined) throw wrongNumber('several');
    this.#message = message;
  }

  end(): void {
    if (this.#running.isRefused) return;
    if (this.#message === undefined) this.refuse(wrongNumber('none'));
    else this.#run(this.#message);
  }

  refuse(error: ServeError): void {
    this.#running.refuse(error);
  }
}

/** As gRPC has it, which calls that the procedure is not implemented. */
function wrongNumber(got: string): ServeError {
  return new ServeError('not_implemented', `The call: expected one message, got ${got}`);
}
