/** A call with messages in both directions. */
import { once } from 'node:events';
import { constants, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import type { GrpcSession } from '../connection/grpc-session.ts';
import { decompressMessage } from './decompress-message.ts';
import { writeMessage } from './message-frame.ts';
import { MessageReader } from './message-reader.ts';
import { RpcAnswer } from './rpc-answer.ts';
import { RpcFailure } from './rpc-failure.ts';
import type { RpcLimits } from './unary-call.ts';

/** Written messages, as they come. */
export type Messages = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A call that is to begin. */
export interface StreamRequest {
  /** As `callHeaders` gives them. */
  readonly headers: OutgoingHttpHeaders;
  /** The next one is asked for when the one before is on its way. */
  readonly messages: Messages;
}

/**
 * The answers as they come; leaving the loop ends the call.
 * @throws RpcFailure; what `messages` throws
 */
export async function* callStream(
  session: GrpcSession,
  { headers, messages }: StreamRequest,
  { deadline, most }: RpcLimits,
): AsyncGenerator<Uint8Array, void> {
  const stream = session.request(headers);
  const answer = new RpcAnswer(stream, session);
  const closed = once(stream, 'close').catch(() => {});
  const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
  const stop = deadline.whenOver(() => stream.destroy());
  let refused: { readonly error: unknown } | undefined;
  const sending = sendAll(stream, messages, closed).catch((error: unknown) => {
    refused = { error };
    cancel();
  });
  try {
    yield* answersOf(stream, { answer, most });
    if (refused !== undefined) throw refused.error;
    if (!answer.isStated) await closed;
    const failure = answer.failure();
    if (failure !== undefined) throw failure;
  } finally {
    stop();
    cancel();
    // It ends with the stream, and has told of its failure.
    void sending;
  }
}

interface AnswersOptions {
  readonly answer: RpcAnswer;
  readonly most: number;
}

async function* answersOf(stream: ClientHttp2Stream, { answer, most }: AnswersOptions): AsyncGenerator<Uint8Array> {
  const messages = new MessageReader(most);
  for await (const piece of piecesOf(stream)) {
    if (!answer.hasMessages) return;
    for (const message of messages.take(piece)) {
      yield await decompressMessage(message, { encoding: answer.encoding, most });
    }
  }
  if (messages.isWithin && answer.isStated && answer.failure() === undefined) {
    throw new RpcFailure('the answer ends within a message');
  }
}

/** Why it ended is in the answer. */
async function* piecesOf(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  const pieces = stream.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  for (;;) {
    const next = await pieces.next().catch(() => undefined);
    if (next === undefined || next.done === true) return;
    yield next.value as Buffer;
  }
}

async function sendAll(stream: ClientHttp2Stream, messages: Messages, closed: Promise<unknown>): Promise<void> {
  const source = Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
  const ended = closed.then(() => undefined);
  for (;;) {
    const next = await Promise.race([source.next(), ended]);
    if (next === undefined) {
      // Nobody waits for what it is doing.
      void Promise.resolve(source.return?.()).catch(() => {});
      return;
    }
    if (next.done === true) break;
    await Promise.race([new Promise<void>((resolve) => writeMessage(stream, next.value, resolve)), ended]);
  }
  if (!stream.destroyed) stream.end();
}
