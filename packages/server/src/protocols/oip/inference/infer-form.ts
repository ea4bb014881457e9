/** The protocol's own form: JSON, and binary tensors behind it. */
import type { CodecModel, EncodedRequest } from '../../codec.ts';
import type { RequestForm, WrittenAnswer } from '../request-form.ts';
import { badRequest } from '../tensors/input-tensor.ts';
import { readInferRequest, type InferRequest } from './infer-request.ts';
import { writeInferResponse } from './infer-response.ts';
import { readRawRequest } from './raw-request.ts';

/** The header that tells where the JSON ends. */
const JSON_LENGTH = 'Inference-Header-Content-Length';

/** See protocols.md 2.2 and 2.3. */
export const INFER_FORM: RequestForm = {
  read: readRequest,
  write(response, { outputs, isBinary }): WrittenAnswer {
    const { body, jsonBytes } = writeInferResponse(response, { ...(outputs && { outputs }), isBinary });
    if (jsonBytes === undefined) return { contentType: 'application/json', headers: {}, body };
    return { contentType: 'application/octet-stream', headers: { [JSON_LENGTH]: String(jsonBytes) }, body };
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
