/** The protocol's own form: JSON, and binary tensors behind it. */
import { badRequest } from '../../bad-request.ts';
import type { CodecModel, EncodedRequest } from '../../codec.ts';
import type { RequestForm, WrittenAnswer } from '../request-form.ts';
import { readInferRequest, type InferRequest } from './infer-request.ts';
import { writeInferResponse } from './infer-response.ts';
import { readRawRequest } from './raw-request.ts';

/** The header that tells where the JSON ends. */
const JSON_LENGTH = 'Inference-Header-Content-Length';

/** See protocols.md 2.2 and 2.3. */
export const INFER_FORM: RequestForm = {
  read: readRequest,
  write(response, { outputs, isBinary }): WrittenAnswer {
    const { body, jsonBytes } = writeInferResponse(
      response,
      outputs === undefined ? { isBinary } : { outputs, isBinary },
    );
    if (jsonBytes === undefined) return { contentType: 'application/json', headers: NONE, body };
    return { contentType: 'application/octet-stream', headers: lengthHeader(jsonBytes), body };
  },
};

const NONE = {};
/** That of the latest answer: most are alike, and what is the same object crosses the wire once. */
let latest = { jsonBytes: 0, headers: {} };

function lengthHeader(jsonBytes: number): Readonly<Record<string, string>> {
  if (latest.jsonBytes !== jsonBytes) latest = { jsonBytes, headers: { [JSON_LENGTH]: String(jsonBytes) } };
  return latest.headers;
}

function readRequest({ headers, inputs }: EncodedRequest, { signature }: CodecModel): InferRequest {
  const [body, ...others] = inputs;
  if (body === undefined || others.length > 0) throw badRequest('The request: expected JSON, got a form');
  const jsonBytes = jsonLength(headers, body.bytes.length);
  return jsonBytes === 0 ? readRawRequest(body.bytes, signature) : readInferRequest(body.bytes, jsonBytes);
}

/** All of the body without the header; 0 for a request without JSON. */
function jsonLength(headers: readonly string[], bodyBytes: number): number {
  let text: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (!isLengthName(headers[index])) continue;
    const value = headers[index + 1] ?? '';
    if (text !== undefined && text !== value) throw wrongLength(`${text}, ${value}`, bodyBytes);
    text = value;
  }
  if (text === undefined) return bodyBytes === 0 ? notEmpty() : bodyBytes;
  const length = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (length <= Math.min(bodyBytes, 2 ** 31 - 1)) return length;
  throw wrongLength(text, bodyBytes);
}

function wrongLength(got: string, bodyBytes: number): Error {
  const expected = `a number of bytes from 0 to those of the body, ${bodyBytes}`;
  return badRequest(`The header ${JSON_LENGTH}: expected ${expected}; got "${got.slice(0, 60)}"`);
}

const LOWER_CASE = JSON_LENGTH.toLowerCase();

function isLengthName(name = ''): boolean {
  return name.length === LOWER_CASE.length && name.toLowerCase() === LOWER_CASE;
}

function notEmpty(): never {
  throw badRequest('The request is empty: expected a JSON object with "inputs"');
}
