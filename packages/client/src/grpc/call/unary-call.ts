/** A call with one message in each direction. */
import type { OutgoingHttpHeaders } from 'node:http2';
import { constants } from 'node:http2';
import type { Deadline } from '../../calls/deadline.ts';
import type { GrpcSession } from '../connection/grpc-session.ts';
import { assertEncoding, decompressMessage } from './decompress-message.ts';
import { endWithMessage } from './message-frame.ts';
import { MessageReader, type FramedMessage } from './message-reader.ts';
import { RpcAnswer } from './rpc-answer.ts';
import { RpcFailure } from './rpc-failure.ts';

/** A request on its way. */
export interface UnaryRequest {
  /** As `callHeaders` gives them. */
  readonly headers: OutgoingHttpHeaders;
  /** Written. */
  readonly message: Uint8Array;
}

/** Within what it is answered. */
export interface RpcLimits {
  /** Of the call. */
  readonly deadline: Deadline;
  /** Bytes of a message of the answer. */
  readonly most: number;
}

/** What came. */
export interface UnaryAnswer {
  /** To be read. */
  readonly message: Uint8Array;
  /** The head of the answer. */
  readonly head: Pick<RpcAnswer, 'headers'>;
}

/** @throws RpcFailure without an answer */
export async function callUnary(session: GrpcSession, request: UnaryRequest, limits: RpcLimits): Promise<UnaryAnswer> {
  const { framed, head } = await ask(session, request, limits);
  const message = framed.isCompressed
    ? await decompressMessage(framed, { encoding: head.encoding, most: limits.most })
    : framed.bytes;
  return { message, head };
}

interface FramedAnswer {
  readonly framed: FramedMessage;
  readonly head: RpcAnswer;
}

function ask(session: GrpcSession, { headers, message }: UnaryRequest, { deadline, most }: RpcLimits) {
  return new Promise<FramedAnswer>((resolve, reject) => {
    const stream = session.request(headers);
    const head = new RpcAnswer(stream, session);
    const read = new UnaryReader(most);
    const settle = () => {
      stop();
      const failure = head.isStated ? (head.failure() ?? read.failure()) : (read.failed ?? head.failure());
      if (failure === undefined) resolve({ framed: read.message, head });
      else reject(failure);
    };
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
    const stop = deadline.whenOver(() => {
      cancel();
      // The stream may not end as long as the connection takes nothing.
      reject(new RpcFailure('the time of the call is over'));
    });
    stream.on('data', (piece: Buffer) => {
      if (!head.hasMessages || !read.take(piece, head.encoding)) cancel();
    });
    stream.once('end', () => {
      if (head.isStated) settle();
    });
    stream.once('close', settle);
    endWithMessage(stream, message);
  });
}

/** The only message of an answer. */
class UnaryReader {
  readonly #messages: MessageReader;
  #found: FramedMessage | undefined;
  /** Why the rest is not read. */
  failed: RpcFailure | undefined;

  constructor(most: number) {
    this.#messages = new MessageReader(most);
  }

  get message(): FramedMessage {
    return this.#found as FramedMessage;
  }

  /** @returns whether more is read */
  take(piece: Buffer, encoding: string | undefined): boolean {
    try {
      const [message, another] = this.#messages.take(piece);
      if (another !== undefined || (message !== undefined && this.#found !== undefined)) {
        throw new RpcFailure('expected one message, got several');
      }
      if (message?.isCompressed === true) assertEncoding(encoding);
      this.#found ??= message;
    } catch (error) {
      this.failed ??= error as RpcFailure;
    }
    return this.failed === undefined;
  }

  /** Of an answer that has ended. */
  failure(): RpcFailure | undefined {
    if (this.failed !== undefined) return this.failed;
    if (this.#messages.isWithin) return new RpcFailure('the answer ends within a message');
    return this.#found === undefined ? new RpcFailure('expected a message, got none') : undefined;
  }
}
