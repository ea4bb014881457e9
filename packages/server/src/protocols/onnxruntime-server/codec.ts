/** From a PredictRequest to a row, and from its result to a PredictResponse, in protobuf or JSON; runs in the worker. */
import type { ModelSignature } from '@marserve/handlers';
import { badRequest } from '../bad-request.ts';
import { mergeOverrides, type Codec, type EncodedInput } from '../codec.ts';
import { decodeText } from '../decode-text.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { checkInputs } from '../tensors/check-inputs.ts';
import type { NamedTensor } from '../tensors/named-tensor.ts';
import { requestRow } from '../tensors/request-row.ts';
import { resultTensors } from '../tensors/result-tensors.ts';
import { withoutContentType } from '../without-content-type.ts';
import { JSON_TYPE } from './media-types.ts';
import { readJson } from './read-json.ts';
import { readMessage } from './read-message.ts';
import type { PredictRequest } from './predict-request.ts';
import { INVALID_ARGUMENT, runtimeMessage } from './runtime-status.ts';
import { onnxNameOf } from './tensor-types.ts';
import { writeJson } from './write-json.ts';
import { writeMessage } from './write-message.ts';

interface Reply extends Pick<PredictRequest, 'outputFilter' | 'isRaw'> {
  /** Content type of the answer. */
  readonly contentType: string;
}

/** Takes the body as the only input, whose name is the content type of the answer. */
export const onnxruntimeServerCodec: Codec = {
  decode({ headers, inputs: [body] }, { signature }) {
    const request = readBody(body);
    const { inputs, outputFilter, isRaw } = request;
    assertAsked(request, signature);
    return {
      rows: [requestRow(inputs, signature)],
      keepsTensors: true,
      headers: () => withoutContentType(headers),
      reply: { outputFilter, isRaw, contentType: body?.name ?? JSON_TYPE } satisfies Reply,
    };
  },
  encode({ results, overrides, reply }, { signature }) {
    const { outputFilter, isRaw, contentType } = reply as Reply;
    const { headers, status, reason } = mergeOverrides(overrides);
    const meta: ReplyMeta = { contentType, headers, ...(status !== undefined && { status, reason }) };
    const outputs = wanted(resultTensors(results[0], signature), outputFilter);
    return { meta, body: contentType === JSON_TYPE ? writeJson(outputs, isRaw) : writeMessage(outputs, isRaw) };
  },
};

function readBody(body: EncodedInput | undefined): PredictRequest {
  if (body === undefined) return readMessage(Buffer.alloc(0));
  const { contentType, charset, bytes } = body;
  if (contentType !== JSON_TYPE) return readMessage(bytes);
  return readJson(charset === undefined ? bytes : decodeText(bytes, charset));
}

/** What ONNX Runtime would say of names and types is found out before it is asked. @throws PredictionError 400 */
function assertAsked({ inputs, outputFilter }: PredictRequest, signature: ModelSignature): void {
  try {
    checkInputs(inputs, signature, onnxNameOf);
    const { outputs } = signature;
    if (outputs.length > 0) for (const name of outputFilter) assertOutput(name, outputs);
  } catch (error) {
    throw badRequest(runtimeMessage(INVALID_ARGUMENT, (error as Error).message));
  }
}

function wanted(outputs: readonly NamedTensor[], filter: readonly string[]): readonly NamedTensor[] {
  if (filter.length === 0) return outputs;
  for (const name of filter) assertOutput(name, outputs);
  return outputs.filter(({ name }) => filter.includes(name));
}

/** @throws PredictionError 400 */
function assertOutput(name: string, outputs: readonly { readonly name: string }[]): void {
  if (outputs.some((each) => each.name === name)) return;
  const there = outputs.map((each) => `"${each.name}"`).join(', ');
  throw badRequest(`Unknown output "${name}" in output_filter; there are ${there}`);
}
