/** KServe V1's way from a request to rows and from results to a body; runs in the worker. */
import { parseJson, stringifyJson } from '@marserve/handlers/json';
import { PredictionError } from '@marserve/handlers/prediction-error';
import type { RowResult } from '@marserve/handlers';
import { FORM_INPUT, mergeOverrides, type Codec, type DecodedRequest, type EncodedInput } from '../codec.ts';
import { decodeText } from '../decode-text.ts';
import { plainResult } from '../plain-result.ts';
import { predictionLists } from '../prediction-lists.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import {
  binaryEventHeaders,
  EVENT_TYPE,
  isBinaryEvent,
  isStructuredEvent,
  structuredEvent,
  type EventMode,
} from './cloud-event.ts';
import { decodeBase64, rowsOf } from './instances.ts';
import { tensorRows } from './tensor-rows.ts';

/** What the answer needs to know of its request. */
interface Reply {
  readonly key: 'predictions' | 'explanations';
  /** Whether the body went to the handler as it was; then its answer may be bytes, too. */
  readonly isRaw: boolean;
  /** How the request was an event, as the answer is to be. */
  readonly event?: EventMode | undefined;
}

/** Rows are the `instances` of the body, or its `inputs`; results become `predictions` or `explanations`. */
export const kserveV1Codec: Codec = {
  decode({ operation, headers, inputs }, { tensorInputs }) {
    const key = operation === 'explain' ? 'explanations' : 'predictions';
    const [only, ...others] = inputs;
    const rows = others.length === 0 && isPlainJson(only) ? tensorRows(only.bytes, tensorInputs) : undefined;
    if (rows !== undefined) return { rows, reply: { key, isRaw: false, event: eventOf(headers) } satisfies Reply };
    const body = only !== undefined && others.length === 0 && isJson(only) ? readJson(only) : undefined;
    if (body !== undefined && isStructuredEvent(body.value, only?.contentType ?? '')) {
      const { data, data_base64: bytes } = body.value;
      const reply: Reply = { key, isRaw: bytes !== undefined, event: 'structured' };
      const value = bytes === undefined ? data : { instances: [{ b64: bytes }] };
      return { ...decodeBody({ value, hasBytes: body.hasBytes || bytes !== undefined }, headers), reply };
    }
    const reply: Reply = { key, isRaw: body === undefined, event: eventOf(headers) };
    if (body === undefined)
      return { rows: [Object.fromEntries(inputs.map(({ name, bytes }) => [name, bytes]))], reply };
    return { ...decodeBody(body, headers), reply };
  },
  encode({ results, overrides, reply }, { name }) {
    const { event } = reply as Reply;
    const { status, reason, headers: own, contentType } = mergeOverrides(overrides);
    const { type, data } = dataOf(results, reply as Reply, contentType);
    const headers = event === 'binary' ? { ...own, ...binaryEventHeaders(name) } : own;
    const isStructured = event === 'structured';
    const meta: ReplyMeta = {
      contentType: isStructured ? EVENT_TYPE : type,
      headers,
      ...(status !== undefined && { status, reason }),
    };
    if (data instanceof Uint8Array && !isStructured) return { meta, body: data };
    const json = isStructured ? structuredEvent(name, { datacontenttype: type, ...inEvent(data) }) : data;
    return { meta, body: Buffer.from(stringifyJson(json)) };
  },
};

/** The bytes with which a handler answers bytes, or an object for JSON. */
function dataOf(results: readonly RowResult[], { key, isRaw }: Reply, contentType = 'application/octet-stream') {
  const [first, ...others] = results;
  const isImage = key === 'explanations' && others.length === 0 && contentType.startsWith('image/');
  if ((isRaw || isImage) && first instanceof Uint8Array) return { type: contentType, data: first };
  const values = results.map(toJson);
  return { type: 'application/json', data: predictionLists(key, values) };
}

function inEvent(data: unknown): Record<string, unknown> {
  return data instanceof Uint8Array ? { data_base64: base64Of(data) } : { data };
}

/** Of what KServe takes for JSON, and of what curl sends where no type is given. */
const JSON_TYPES = new Set(['', 'application/json', 'application/ld+json', 'application/octet-stream', EVENT_TYPE]);

function isJson({ name, contentType }: EncodedInput): boolean {
  return name === FORM_INPUT || JSON_TYPES.has(contentType);
}

/** None that may be an event around its data. */
function isPlainJson(input: EncodedInput | undefined): input is EncodedInput {
  return input !== undefined && input.charset === undefined && input.contentType !== EVENT_TYPE && isJson(input);
}

function eventOf(headers: readonly string[]): EventMode | undefined {
  return isBinaryEvent(headers) ? 'binary' : undefined;
}

interface JsonBody {
  readonly value: unknown;
  /** Whether there may be base64 in it. */
  readonly hasBytes: boolean;
}

/** Undefined for bytes that are not JSON, and were not said to be. */
function readJson({ contentType, charset, bytes }: EncodedInput): JsonBody | undefined {
  try {
    const value = parseJson(charset === undefined ? bytes : decodeText(bytes, charset));
    return { value, hasBytes: bytes.includes('"b64"') };
  } catch (error) {
    if (contentType === 'application/octet-stream') return undefined;
    if (error instanceof PredictionError) throw error;
    throw new PredictionError(`Unrecognized request format: the body is not JSON: ${(error as Error).message}`, 400);
  }
}

/** What was base64 is no JSON for the handler. */
function decodeBody({ value, hasBytes }: JsonBody, headers: readonly string[]): DecodedRequest {
  if (!hasBytes) return { rows: rowsOf(value) };
  return { rows: rowsOf(decodeBase64(value)), headers: () => withContentType(headers, 'application/octet-stream') };
}

function withContentType(headers: readonly string[], contentType: string): string[] {
  return headers.map((text, index) => {
    const isValue = index % 2 === 1 && headers[index - 1]?.toLowerCase() === 'content-type';
    return isValue ? contentType : text;
  });
}

/** Bytes as TensorFlow's convention has them in JSON. */
function toJson(result: RowResult): unknown {
  if (result === undefined) throw new Error('the handler returned undefined for a row; use null for no value');
  if (result instanceof Uint8Array) return { b64: base64Of(result) };
  return plainResult(result);
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
