/** From Seldon's messages to rows, and from results to messages, whatever form the messages come in; runs in the worker. */
import { checkedBody, SeldonCall, type SeldonMethod } from '@marserve/handlers/component';
import { mergeOverrides, type Codec, type EncodedInput } from '../codec.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { withoutContentType } from '../without-content-type.ts';
import { methodOf, QUESTIONS } from './methods.ts';
import { replyOf, rowsOf, type SeldonRequest } from './plain-model.ts';

/** Bytes ↔ messages as JSON has them. */
export interface MessageForm {
  /** Of an answer. */
  readonly contentType: string;
  /** @throws PredictionError 400 for what is no such message */
  readonly read: (inputs: readonly EncodedInput[], method: SeldonMethod) => unknown;
  /** @throws TypeError for what is none */
  readonly write: (answer: unknown, method: SeldonMethod) => Uint8Array;
  /** Status and reason, from what the handler set and from what the answer says of itself. */
  readonly status: (answer: unknown, set: Pick<ReplyMeta, 'status' | 'reason'>) => Pick<ReplyMeta, 'status' | 'reason'>;
}

/** A component gets the message whole; any other handler what is in it. */
export function createSeldonCodec(form: MessageForm): Codec {
  return {
    decode({ headers, inputs }, model) {
      const method = methodOf(headers);
      const message = QUESTIONS.has(method) ? undefined : checkedBody(method, form.read(inputs, method));
      const rows =
        model.takesMessages === true ? [{ body: new SeldonCall(method, message) }] : rowsOf({ method, message }, model);
      return {
        rows,
        keepsTensors: true,
        headers: () => withoutContentType(headers),
        reply: { method, message } satisfies SeldonRequest,
      };
    },
    encode({ results, overrides, reply }, model) {
      const request = reply as SeldonRequest;
      const answer = model.takesMessages === true ? results[0] : replyOf(request, results, model);
      const { headers, status, reason } = mergeOverrides(overrides);
      const set = status === undefined ? {} : { status, ...(reason !== undefined && { reason }) };
      const meta: ReplyMeta = { contentType: form.contentType, headers, ...form.status(answer, set) };
      return { meta, body: form.write(answer, request.method) };
    },
  };
}
