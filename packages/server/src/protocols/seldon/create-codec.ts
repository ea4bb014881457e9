/** From Seldon's messages to rows, and from results to messages, whatever form the messages come in; runs in the worker. */
import { checkedBody, SeldonCall, type SeldonMethod } from '@marserve/handlers/component';
import type { RowResult } from '@marserve/handlers';
import { mergeOverrides, type Codec, type CodecModel, type EncodedInput } from '../codec.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { withoutContentType } from '../without-content-type.ts';
import { describe, readQuestion, type DescriptionQuestion } from './description.ts';
import { readJsonBody, type JsonBody, type JsonBodyCodecs } from './json-body.ts';
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

/** A component gets the message whole; any other handler what is in it. @param bodies those of other protocols that may be in a message */
export function createSeldonCodec(form: MessageForm, bodies: JsonBodyCodecs): Codec {
  return {
    decode({ operation, headers, inputs }, model) {
      const isExplanation = operation === 'explain';
      const request = { ...readRequest(methodOf(headers), inputs, form), isExplanation };
      const { method, message } = request;
      const told = () => withoutContentType(headers);
      if (model.takesMessages === true)
        return { rows: [{ body: new SeldonCall(method, message) }], headers: told, reply: request };
      const body = PREDICTIONS.has(method) && !isExplanation ? readJsonBody(message, model, bodies) : undefined;
      const rows = body === undefined ? rowsOf(request, model) : body.rows;
      return {
        rows,
        keepsTensors: body?.keepsTensors ?? true,
        headers: told,
        reply: { ...request, body } satisfies CodedRequest,
      };
    },
    encode({ results, overrides, reply }, model) {
      const request = reply as CodedRequest;
      const given = model.takesMessages === true ? results[0] : plainReply(request, results, model);
      const { headers, status: own, reason } = mergeOverrides(overrides);
      const { answer, status = own } = request.isDescription
        ? describe(given, request.question, model.name)
        : { answer: given };
      const set = status === undefined ? {} : { status, ...(reason !== undefined && { reason }) };
      const meta: ReplyMeta = { contentType: form.contentType, headers, ...form.status(answer, set) };
      return { meta, body: form.write(answer, request.isDescription ? 'metadata' : request.method) };
    },
  };
}

const PREDICTIONS: ReadonlySet<SeldonMethod> = new Set<SeldonMethod>(['predictions', 'predict']);

interface CodedRequest extends SeldonRequest {
  /** Of descriptions. */
  readonly question: DescriptionQuestion;
  /** Whether the answer is the description of one component. */
  readonly isDescription: boolean;
  /** Whether the answer is no output of the model. */
  readonly isExplanation?: boolean;
  /** What another protocol reads. */
  readonly body?: JsonBody | undefined;
}

function plainReply({ body, ...request }: CodedRequest, results: readonly RowResult[], model: CodecModel): unknown {
  const withoutOutputs = { ...model, signature: { inputs: [], outputs: [] } };
  if (body !== undefined) return replyOf(request, [body.answer(results)], withoutOutputs);
  return replyOf(request, results, request.isExplanation === true ? withoutOutputs : model);
}

/** One component of several is found in the description of all of them. */
function readRequest(method: SeldonMethod, inputs: readonly EncodedInput[], form: MessageForm): CodedRequest {
  if (!QUESTIONS.has(method)) {
    const message = checkedBody(method, form.read(inputs, method));
    return { method, message, question: {}, isDescription: false };
  }
  const question = readQuestion(inputs[0]?.bytes);
  const isDescription = method === 'metadata';
  const asked = isDescription && question.component !== undefined ? 'graph-metadata' : method;
  return { method: asked, message: undefined, question, isDescription };
}
