/** Sends what an endpoint answered, whole or in parts, or what is wrong with that. */
import type { ServerResponse } from 'node:http';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { PlainResponse, StreamedResponse } from '../../protocols/endpoint.ts';
import type { EndpointCall } from '../http/endpoint-runner.ts';
import type { ReplyFacts } from './response-head.ts';
import { sendParts } from './send-parts.ts';
import { sendResponse } from './send-response.ts';
import type { UntakenAnswers } from './untaken-answers.ts';

/** The request that is answered. */
export interface Sending {
  /** For the head of the answer. */
  readonly facts: ReplyFacts;
  /** What was run. */
  readonly call: EndpointCall;
}

/** What was sent. */
export interface Sent {
  /** Of HTTP. */
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
}

/** What sending works with. */
export interface AnswerSenderOptions {
  /** Where answers are noted that have not left. */
  readonly untaken: UntakenAnswers;
  /** Told of answers that could not be sent. */
  readonly logger: Logger;
  /** The response in place of one that could not be sent. */
  readonly failure: (error: unknown, sending: Sending) => PlainResponse;
}

/** Resolves, for an answer in parts, when the last one was sent. A whole one has no promise, because there are so many. */
export type AnswerSender = (
  response: ServerResponse,
  answer: PlainResponse | StreamedResponse,
  sending: Sending,
) => Sent | Promise<Sent>;

/** One for a listener. */
export function createAnswerSender({ untaken, logger, failure }: AnswerSenderOptions): AnswerSender {
  const sendWhole = (response: ServerResponse, answer: PlainResponse, sending: Sending): Sent => {
    let sent = answer;
    try {
      sendResponse(response, answer, sending.facts);
    } catch (error) {
      // Such as a header or a status that node:http refuses.
      sent = failure(error, sending);
      sendResponse(response, sent, { ...sending.facts, isLast: true });
    }
    untaken.watch(response, sent.body);
    return { status: sent.status, bytes: Buffer.byteLength(sent.body) };
  };
  const sendStream = async (response: ServerResponse, answer: StreamedResponse, sending: Sending): Promise<Sent> => {
    const { facts } = sending;
    const { bytes, error } = await sendParts(response, answer, { facts, untaken });
    if (error !== undefined && !response.headersSent) return sendWhole(response, failure(error, sending), sending);
    if (error !== undefined) {
      const { requestId } = facts;
      logger.warn('an answer ended before its last part', { requestId, reason: messageOf(error) });
    }
    return { status: answer.status, bytes };
  };
  return (response, answer, sending) =>
    isWhole(answer) ? sendWhole(response, answer, sending) : sendStream(response, answer, sending);
}

/** Whether all of it is there. */
export function isWhole(answer: PlainResponse | StreamedResponse): answer is PlainResponse {
  return typeof answer.body === 'string' || answer.body instanceof Uint8Array;
}
