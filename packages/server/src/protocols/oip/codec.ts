/** From a request of the Open Inference Protocol to a row, and from its result to tensors; runs in the worker. */
import { mergeOverrides, type Codec, type CodecModel, type EncodedRequest } from '../codec.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { decodeInference, inferResponse, type InferReply } from './inference/decode-inference.ts';
import { readInferRequest, type InferRequest } from './inference/infer-request.ts';
import { writeInferResponse } from './inference/infer-response.ts';
import { badRequest } from './tensors/input-tensor.ts';
import { readRawRequest } from './inference/raw-request.ts';

/** The header that tells where the JSON ends. */
export const JSON_LENGTH = 'Inference-Header-Content-Length';

export const oipCodec: Codec = {
  decode: (request, model) => decodeInference(readRequest(request, model), model),
  encode({ results, overrides, reply }, model) {
    const { id, outputs, isBinary } = reply as InferReply;
    const { headers, status, reason, parameters = {} } = mergeOverrides(overrides);
    const response = inferResponse({ id, value: results[0], parameters }, model);
    const { body, jsonBytes } = writeInferResponse(response, { ...(outputs && { outputs }), isBinary });
    const meta: ReplyMeta = {
      contentType: jsonBytes === undefined ? 'application/json' : 'application/octet-stream',
      headers: { ...headers, ...(jsonBytes !== undefined && { [JSON_LENGTH]: String(jsonBytes) }) },
      ...(status !== undefined && { status, reason }),
    };
    return { meta, body };
  },
};

function readRequest({ headers, inputs }: EncodedRequest, { signature }: CodecModel): InferRequest {
  const [body, ...others] = inputs;
  if (body === undefined || others.length > 0) throw badRequest('The request: expected JSON, got a form');
  const jsonBytes = jsonLength(headers, body.bytes.length);
  return jsonBytes === 0 ? readRawRequest(body.bytes, signature) : readInferRequest(body.bytes, jsonBytes);
}

/** All of the body without the header; 0 for a request without JSON. */
function jsonLength(headers: readonly string[], bodyBytes: number): number {
  const values = headers.filter((_, index) => index % 2 === 1 && isLengthName(headers[index - 1]));
  const [text = ''] = values;
  if (values.length === 0) return bodyBytes === 0 ? notEmpty() : bodyBytes;
  const length = /^\d{1,10}$/.test(text) && values.every((value) => value === text) ? Number(text) : NaN;
  if (length <= Math.min(bodyBytes, 2 ** 31 - 1)) return length;
  const expected = `a number of bytes from 0 to those of the body, ${bodyBytes}`;
  throw badRequest(`The header ${JSON_LENGTH}: expected ${expected}; got "${values.join(', ').slice(0, 60)}"`);
}

function isLengthName(name = ''): boolean {
  return name.length === JSON_LENGTH.length && name.toLowerCase() === JSON_LENGTH.toLowerCase();
}

function notEmpty(): never {
  throw badRequest('The request is empty: expected a JSON object with "inputs"');
}
