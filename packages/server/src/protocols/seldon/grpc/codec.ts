/** Seldon's messages in protobuf; runs in the worker. */
import {
  FEEDBACK,
  GRAPH_METADATA,
  MODEL_METADATA,
  readMessage,
  SELDON_MESSAGE,
  SELDON_MESSAGE_LIST,
  writeMessage,
  type MessageType,
} from '@marserve/client/seldon-protobuf';
import type { SeldonMethod } from '@marserve/handlers/component';
import { badRequest } from '../../bad-request.ts';
import { isRecord } from '../../is-record.ts';
import type { Codec } from '../../codec.ts';
import { createSeldonCodec, type MessageForm } from '../create-codec.ts';
import type { JsonBodyCodecs } from '../json-body.ts';

const REQUESTS: Readonly<Partial<Record<SeldonMethod, readonly [name: string, type: MessageType]>>> = {
  aggregate: ['SeldonMessageList', SELDON_MESSAGE_LIST],
  'send-feedback': ['Feedback', FEEDBACK],
};

const ANSWERS: Readonly<Partial<Record<SeldonMethod, MessageType>>> = {
  metadata: MODEL_METADATA,
  'graph-metadata': GRAPH_METADATA,
};

/** Takes the message as the only input. @param bodies see `createSeldonCodec` */
export const seldonGrpcCodecWith = (bodies: JsonBodyCodecs): Codec => createSeldonCodec(FORM, bodies);

/** A status in a message is no status of the call. */
const FORM: MessageForm = {
  contentType: 'application/grpc+proto',
  read([message], method) {
    const [name, type] = REQUESTS[method] ?? ['SeldonMessage', SELDON_MESSAGE];
    try {
      return readMessage(message?.bytes ?? Buffer.alloc(0), type);
    } catch (error) {
      throw badRequest(`The message is no ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  },
  write: (answer, method) => writeMessage(answer, ANSWERS[method] ?? SELDON_MESSAGE),
  status: (answer, set) => (set.status === undefined ? {} : { reason: infoOf(answer), ...set }),
};

/** What a message says of what went wrong, as far as a reason phrase can hold it. */
function infoOf(answer: unknown): string {
  const { status } = isRecord(answer) ? answer : {};
  const { info = 'The component failed' } = isRecord(status) ? status : {};
  return String(info).replaceAll(/[^\x20-\x7e]+/g, '?');
}
