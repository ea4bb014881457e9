/** From a request of the Open Inference Protocol to a row, and from its result to tensors; runs in the worker. */
import type { RowResult } from '@marserve/handlers';
import { NOTHING_SET, type ResponseOverrides } from '@marserve/handlers/context';
import { mergeOverrides, type Codec, type CodecModel, type Encoded } from '../codec.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { withoutContentType } from '../without-content-type.ts';
import { GENERATE_FORMS } from './generate/generate-forms.ts';
import { decodeInference, inferResponse, type InferReply } from './inference/decode-inference.ts';
import { INFER_FORM } from './inference/infer-form.ts';
import type { RequestForm, WrittenAnswer } from './request-form.ts';

/** What the answer needs to know of its request. */
interface Reply {
  readonly form: RequestForm;
  readonly request: InferReply;
  /** Whether the result is no output of the model. */
  readonly isExplanation: boolean;
}

/** The name of the only input tells in which form the request is. */
export const oipCodec: Codec = {
  decode(request, model) {
    const form = GENERATE_FORMS.get(request.inputs[0]?.name ?? '') ?? INFER_FORM;
    const isExplanation = request.operation === 'explain';
    const target = isExplanation ? withoutOutputs(model) : model;
    const { rows, parameters, keepsTensors, reply } = decodeInference(form.read(request, target), target);
    return {
      rows,
      parameters,
      keepsTensors: keepsTensors === true && !isExplanation,
      headers: () => withoutContentType(request.headers),
      reply: { form, request: reply, isExplanation } satisfies Reply,
    };
  },
  encode: ({ results, overrides, reply }, model) =>
    encodeResult({ value: results[0], overrides: mergeOverrides(overrides) }, reply as Reply, model),
  /** Each part is an answer of its own. */
  encodePart: ({ value, overrides, reply }, model) => encodeResult({ value, overrides }, reply as Reply, model),
};

interface Result {
  readonly value: RowResult;
  readonly overrides: ResponseOverrides;
}

function encodeResult({ value, overrides }: Result, reply: Reply, model: CodecModel): Encoded {
  const { form, request, isExplanation } = reply;
  const { contentType } = overrides;
  if (isExplanation && value instanceof Uint8Array && contentType?.startsWith('image/') === true)
    return { meta: metaOf({ contentType, headers: NO_HEADERS }, overrides), body: value };
  const target = isExplanation ? withoutOutputs(model) : model;
  const response = inferResponse({ id: request.id, value, parameters: overrides.parameters ?? NONE }, target);
  const answer = form.write(response, request);
  return { meta: metaOf(answer, overrides), body: answer.body };
}

/** An explanation has others than the model, which say themselves what they are. */
function withoutOutputs(model: CodecModel): CodecModel {
  return { ...model, signature: { inputs: model.signature.inputs, outputs: [] } };
}

const NONE = {};
const NO_HEADERS = {};
/** The facts of the latest answer on which nothing was set: those that are the same object cross the wire once. */
let latest: ReplyMeta | undefined;

function metaOf({ contentType, headers }: Omit<WrittenAnswer, 'body'>, overrides: ResponseOverrides): ReplyMeta {
  if (overrides === NOTHING_SET) {
    if (latest?.contentType !== contentType || latest.headers !== headers) latest = { contentType, headers };
    return latest;
  }
  const { headers: own, status, reason } = overrides;
  return { contentType, headers: { ...own, ...headers }, ...(status !== undefined && { status, reason }) };
}
