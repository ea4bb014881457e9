/** From a request of the Open Inference Protocol to a row, and from its result to tensors; runs in the worker. */
import type { RowResult } from '@marserve/handlers';
import type { ResponseOverrides } from '@marserve/handlers/context';
import { mergeOverrides, type Codec, type CodecModel, type Encoded } from '../codec.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { GENERATE_FORMS } from './generate/generate-forms.ts';
import { decodeInference, inferResponse, type InferReply } from './inference/decode-inference.ts';
import { INFER_FORM } from './inference/infer-form.ts';
import type { RequestForm } from './request-form.ts';

/** What the answer needs to know of its request. */
interface Reply {
  readonly form: RequestForm;
  readonly request: InferReply;
}

/** The name of the only input tells in which form the request is. */
export const oipCodec: Codec = {
  decode(request, model) {
    const form = GENERATE_FORMS.get(request.inputs[0]?.name ?? '') ?? INFER_FORM;
    const { reply, ...decoded } = decodeInference(form.read(request, model), model);
    return { ...decoded, reply: { form, request: reply as InferReply } satisfies Reply };
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

function encodeResult({ value, overrides }: Result, { form, request }: Reply, model: CodecModel): Encoded {
  const { headers: own, status, reason, parameters = {} } = overrides;
  const response = inferResponse({ id: request.id, value, parameters }, model);
  const { contentType, headers, body } = form.write(response, request);
  const meta: ReplyMeta = {
    contentType,
    headers: { ...own, ...headers },
    ...(status !== undefined && { status, reason }),
  };
  return { meta, body };
}
