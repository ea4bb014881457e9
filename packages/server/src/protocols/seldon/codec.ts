/** From Seldon's messages to rows, and from results to messages; runs in the worker. */
import { SeldonCall, type SeldonMethod } from '@marserve/handlers/component';
import { stringifyJson } from '@marserve/handlers/json';
import { mergeOverrides, type Codec } from '../codec.ts';
import { isRecord } from '../is-record.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { withoutContentType } from '../without-content-type.ts';
import { methodOf } from './methods.ts';
import { replyOf, rowsOf, type SeldonRequest } from './plain-model.ts';
import { readBody } from './read-body.ts';

/** Methods that are asked without a body. */
const QUESTIONS: ReadonlySet<SeldonMethod> = new Set<SeldonMethod>(['health-status', 'metadata']);

/** A component gets the message whole; any other handler what is in it. */
export const seldonCodec: Codec = {
  decode({ headers, inputs }, model) {
    const method = methodOf(headers);
    const message = QUESTIONS.has(method) ? undefined : readBody(inputs);
    const rows =
      model.takesMessages === true ? [{ body: new SeldonCall(method, message) }] : rowsOf({ method, message }, model);
    return { rows, headers: () => withoutContentType(headers), reply: { method, message } satisfies SeldonRequest };
  },
  encode({ results, overrides, reply }, model) {
    const answer = model.takesMessages === true ? results[0] : replyOf(reply as SeldonRequest, results, model);
    const { headers, status, reason } = mergeOverrides(overrides);
    const told = status ?? statusOf(answer);
    const meta: ReplyMeta = {
      contentType: 'application/json',
      headers,
      ...(told !== undefined && { status: told, reason }),
    };
    return { meta, body: Buffer.from(stringifyJson(answer)) };
  },
};

/** That of a message that came from the component whole. */
function statusOf(answer: unknown): number | undefined {
  const { status } = isRecord(answer) ? answer : {};
  const code = isRecord(status) ? status['code'] : undefined;
  return typeof code === 'number' && Number.isInteger(code) && code >= 200 && code <= 599 ? code : undefined;
}
