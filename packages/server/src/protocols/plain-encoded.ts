/** What a handler returns as a body: bytes as they are, a text, or JSON; runs in the worker. */
import { NOTHING_SET, type ResponseOverrides } from '@marserve/handlers/context';
import { stringifyJson } from '@marserve/handlers/json';
import type { RowResult } from '@marserve/handlers';
import { plainResult } from './plain-result.ts';
import { plainMeta, type ReplyMeta } from './reply-meta.ts';

/** An answer, whole or a part of one. */
export interface PlainEncoded {
  /** Facts beside it. */
  readonly meta: ReplyMeta;
  /** The bytes that the client gets. */
  readonly body: Uint8Array;
}

/** @param overrides what the handler set on the answer @throws Error for a result that cannot be sent */
export function plainEncoded(result: RowResult, overrides: ResponseOverrides): PlainEncoded {
  if (result instanceof Uint8Array) return { meta: metaOf('application/octet-stream', overrides), body: result };
  if (typeof result === 'string')
    return { meta: metaOf('text/plain; charset=utf-8', overrides), body: Buffer.from(result) };
  if (result === undefined) throw new Error('the handler returned undefined for this row; use null for no value');
  return {
    meta: metaOf('application/json', overrides),
    body: Buffer.from(stringifyJson(plainResult(result))),
  };
}

function metaOf(contentType: string, overrides: ResponseOverrides): ReplyMeta {
  if (overrides === NOTHING_SET) return plainMeta(contentType);
  const { status, reason, headers } = overrides;
  const meta = { contentType: overrides.contentType ?? contentType, headers };
  return status === undefined ? meta : { ...meta, status, reason };
}
