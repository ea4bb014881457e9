/** TorchServe's way from a request to a row and from a result to a body; runs in the worker. */
import { parseJson, stringifyJson } from '@marserve/handlers/json';
import { fieldsFromJsonBytes, tensorFromJsonBytes } from '@marserve/handlers/tensor-json';
import type { FieldValue, Row, RowResult } from '@marserve/handlers';
import { NOTHING_SET, type ResponseOverrides } from '@marserve/handlers/context';
import { FORM_INPUT, mergeOverrides, type Codec, type CodecModel, type EncodedInput } from '../codec.ts';
import { assertUtf8, decodeText } from '../decode-text.ts';
import { decodeUrlencoded } from './decode-urlencoded.ts';
import { decodeEnveloped, Enveloped, onlyBody } from './envelope.ts';
import { plainResult } from '../plain-result.ts';
import { plainMeta, type ReplyMeta } from '../reply-meta.ts';

/** One row a request, or those that its envelope makes; what a handler returns is the body, or JSON of it. */
export const torchserveCodec: Codec = {
  decode(request, model) {
    const { envelope } = model;
    if (envelope === undefined || request.operation === 'describe')
      return { rows: [tensorRow(request.inputs, model) ?? decodeRow(request.inputs)] };
    const { name, codec } = envelope;
    if (codec === undefined) return { rows: [onlyBody(decodeRow(request.inputs))] };
    return decodeEnveloped(request, { name, codec }, model);
  },
  encode({ results, overrides, reply }, model) {
    if (reply instanceof Enveloped) return reply.codec.encode({ results, overrides, reply: reply.reply }, model);
    const { contentType, body } = encodeResult(results[0]);
    return { meta: replyMeta(contentType, mergeOverrides(overrides)), body };
  },
  encodePart({ value, overrides }) {
    const { contentType, body } = encodeResult(value);
    const meta = replyMeta(contentType, overrides);
    return { meta: { ...meta, headers: { ...meta.headers, ts_stream_next: 'true' } }, body };
  },
};

/** Undefined where the body is not just numbers, as most are, and no object with lists of them. */
function tensorRow([only, ...others]: readonly EncodedInput[], { tensorInputs = [] }: CodecModel): Row | undefined {
  const [input, ...more] = tensorInputs;
  if (input === undefined || only === undefined || others.length > 0 || only.name === FORM_INPUT) return undefined;
  if (only.contentType !== 'application/json' || only.charset !== undefined) return undefined;
  const tensor = more.length === 0 ? tensorFromJsonBytes(only.bytes, input) : undefined;
  if (tensor !== undefined) return { [input.name]: tensor };
  const fields = fieldsFromJsonBytes(only.bytes, tensorInputs);
  return fields && { [only.name]: fields };
}

function decodeRow(inputs: readonly EncodedInput[]): Row {
  const [only, ...others] = inputs;
  if (only?.name === FORM_INPUT) return toRow(decodeUrlencoded(only.bytes, only.charset));
  if (only !== undefined && others.length === 0) return { [only.name]: decodeField(only) };
  return toRow(inputs.map((input) => [input.name, decodeField(input)]));
}

/** A field that comes several times is the list of its values. */
function toRow(fields: readonly (readonly [name: string, value: FieldValue])[]): Row {
  const values = new Map<string, FieldValue[]>();
  for (const [name, value] of fields) {
    const sameName = values.get(name);
    if (sameName === undefined) values.set(name, [value]);
    else sameName.push(value);
  }
  return Object.fromEntries([...values].map(([name, list]) => [name, list.length === 1 ? list[0] : list]));
}

/** JSON that does not parse stays bytes, as in TorchServe, for the handler to judge. */
function decodeField({ contentType, charset, bytes }: EncodedInput): FieldValue {
  if (contentType.startsWith('text')) return decodeText(bytes, charset);
  if (contentType !== 'application/json') return bytes;
  const json = charset === undefined ? bytes : decodeText(bytes, charset);
  try {
    return parseJson(json);
  } catch {
    if (charset === undefined) assertUtf8(bytes);
    return bytes;
  }
}

interface EncodedResult {
  readonly contentType: string;
  readonly body: Uint8Array;
}

function encodeResult(result: RowResult): EncodedResult {
  if (result instanceof Uint8Array) return { contentType: 'application/octet-stream', body: result };
  if (typeof result === 'string') return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(result) };
  if (result === undefined) throw new Error('the handler returned undefined for this row; use null for no value');
  return { contentType: 'application/json', body: Buffer.from(stringifyJson(plainResult(result))) };
}

function replyMeta(contentType: string, overrides: ResponseOverrides): ReplyMeta {
  if (overrides === NOTHING_SET) return plainMeta(contentType);
  const { status, reason, headers } = overrides;
  const meta = { contentType: overrides.contentType ?? contentType, headers };
  return status === undefined ? meta : { ...meta, status, reason };
}
