/** TorchServe's way from a request to a row and from a result to a body; runs in the worker. */
import { parseJson, stringifyJson } from '@marserve/handlers/json';
import { isTensor, tensorToJson, type FieldValue, type Row, type RowResult } from '@marserve/handlers';
import type { ResponseOverrides } from '@marserve/handlers/context';
import type { Codec, EncodedInput } from '../codec.ts';
import type { ReplyMeta } from './reply-meta.ts';

export const torchserveCodec: Codec = {
  decode: (inputs) => Object.fromEntries(inputs.map((input) => [input.name, decodeField(input)])) as Row,
  encode(result, overrides) {
    const { contentType, body } = encodeResult(result);
    return { meta: replyMeta(contentType, overrides), body };
  },
};

/** JSON that does not parse stays bytes, as in TorchServe, for the handler to judge. */
function decodeField({ contentType, bytes }: EncodedInput): FieldValue {
  if (contentType.startsWith('text')) return bytes.toString('utf8');
  if (contentType !== 'application/json') return bytes;
  try {
    return parseJson(bytes);
  } catch {
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
  return { contentType: 'application/json', body: Buffer.from(stringifyJson(withoutTensors(result))) };
}

/** A tensor, or an object of tensors by name, as nested arrays; anything else as it is. */
function withoutTensors(result: unknown): unknown {
  if (isTensor(result)) return tensorToJson(result);
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return result;
  const entries = Object.entries(result);
  if (!entries.some(([, value]) => isTensor(value))) return result;
  return Object.fromEntries(
    entries.map(([name, value]: [string, unknown]) => [name, isTensor(value) ? tensorToJson(value) : value]),
  );
}

function replyMeta(contentType: string, overrides: ResponseOverrides): ReplyMeta {
  const { status, reason, headers } = overrides;
  return {
    contentType: overrides.contentType ?? contentType,
    headers,
    ...(status !== undefined && { status, reason }),
  };
}
