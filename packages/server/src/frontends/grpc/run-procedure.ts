/** Runs a procedure for a call whose message is whole, or whose messages come. */
import { clientGone } from '../../core/errors.ts';
import type { DuplexRpc, MultiplexRpc, ServerStreamRpc, UnaryRpc } from '../../protocols/rpc.ts';
import type { GrpcStream } from './grpc-stream.ts';
import { mergeAnswers } from './merge-answers.ts';
import type { ClientMessages } from './messages/client-messages.ts';
import { decompressMessage, type DecompressOptions } from './messages/decompress-message.ts';
import type { FramedMessage } from './messages/message-reader.ts';
import type { RunningCall } from './running-call.ts';

/** How many messages of a stream are answered at a time. */
const MOST_AT_A_TIME = 64;

/** A call, and where its answer goes. */
export interface OpenCall {
  /** Told of its end, whatever that is. */
  readonly running: RunningCall;
  /** Takes the messages of its answer. */
  readonly answer: GrpcStream;
  /** How its messages are read. */
  readonly decompress: DecompressOptions;
}

/** Resolves when the answer was handed over, be it an error. */
export function runOnMessage(rpc: UnaryRpc | ServerStreamRpc, message: FramedMessage, call: OpenCall): Promise<void> {
  return rpc.kind === 'unary' ? runUnary(rpc, message, call) : runServerStream(rpc, message, call);
}

/** The same for a stream of messages. */
export async function runOnStream(
  rpc: DuplexRpc | MultiplexRpc,
  messages: ClientMessages,
  call: OpenCall,
): Promise<void> {
  try {
    call.running.admit();
    await sendParts(answersOf(rpc, messages, call), call);
  } catch (error) {
    call.running.fail(error);
  } finally {
    messages.release();
    call.answer.caller.leaveRequests();
  }
}

async function runUnary(rpc: UnaryRpc, framed: FramedMessage, { running, decompress }: OpenCall): Promise<void> {
  try {
    running.admit();
    const message = framed.isCompressed ? await decompressMessage(framed, decompress) : framed.bytes;
    if (!running.tryTake(message.byteLength)) await running.take(message.byteLength);
    running.answer(await rpc.handle(message, running.call));
  } catch (error) {
    running.fail(error);
  }
}

async function runServerStream(rpc: ServerStreamRpc, framed: FramedMessage, call: OpenCall): Promise<void> {
  const { running } = call;
  try {
    running.admit();
    const message = await decompressMessage(framed, call.decompress);
    await running.take(message.byteLength);
    await sendParts(rpc.handle(message, running.call), call);
  } catch (error) {
    running.fail(error);
  }
}

function answersOf(
  rpc: DuplexRpc | MultiplexRpc,
  messages: ClientMessages,
  { running, answer }: OpenCall,
): AsyncIterable<Uint8Array> {
  if (rpc.kind === 'duplex') return rpc.handle(counted(messages, running), running.call);
  return mergeAnswers(messages, {
    answer: (message) => answerOne(rpc, message, running),
    most: MOST_AT_A_TIME,
    left: answer.caller.left,
  });
}

async function* answerOne(rpc: MultiplexRpc, message: Buffer, running: RunningCall): AsyncGenerator<Uint8Array> {
  const { requestId, rawHeaders, timeoutMs, isClosing, caller: all } = running.call;
  const release = await running.hold(message.byteLength);
  const caller = all.forRequest();
  try {
    const header = (name: string) => running.call.header(name);
    const addReplyHeaders = (headers: Readonly<Record<string, string>>) => running.call.addReplyHeaders(headers);
    yield* rpc.handle(message, { requestId, rawHeaders, timeoutMs, isClosing, caller, header, addReplyHeaders });
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
async function sendParts(parts: AsyncIterable<Uint8Array>, { running, answer }: OpenCall): Promise<void> {
  const { caller } = answer;
  let bytes = 0;
  for await (const part of parts) {
    if (caller.isGone) throw clientGone();
    bytes += part.byteLength;
    if (!answer.write(part)) await answer.drained();
  }
  if (caller.isGone) throw clientGone();
  running.finish(bytes);
}
