/** Compresses an answer, in a thread of libuv. */
import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { PlainResponse } from '../../endpoint.ts';
import type { AnswerCoding } from './choose-coding.ts';

const COMPRESS = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** Shorter ones hardly become smaller. */
const MIN_BYTES = 1024;
/** The quickest: most answers are tensors of floats, which others do not make much smaller either. */
const LEVEL = 1;

/** A short one stays as it is. */
export async function compressAnswer(response: PlainResponse, coding: AnswerCoding): Promise<PlainResponse> {
  const { body, headers } = response;
  if (Buffer.byteLength(body) < MIN_BYTES) return response;
  const compressed = await COMPRESS[coding](body, { level: LEVEL });
  return {
    ...response,
    headers: { ...headers, 'content-encoding': coding, vary: 'accept-encoding' },
    body: compressed,
  };
}
