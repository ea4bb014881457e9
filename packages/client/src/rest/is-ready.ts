/** Questions that a server answers with a status. */
import { ClientError } from '../client-error.ts';
import { isRecord } from '../json/is-record.ts';
import { parseJson } from '../json/parse-json.ts';
import type { CallOptions } from '../client-options.ts';
import type { RestCalls } from './rest-calls.ts';

/** Statuses by which servers say no, and nothing else. */
const NO = [400, 404, 503];

/**
 * @param path of the question @param key of the answer's object that says no when it is false, where there is one
 * @throws ClientError without an answer, and for any other error than one that says no
 */
export async function isReady(
  calls: RestCalls,
  { path, key }: { readonly path: string; readonly key: string },
  options?: CallOptions,
): Promise<boolean> {
  try {
    const { bytes } = await calls.send({ method: 'GET', path }, options);
    return !saysNo(new TextDecoder().decode(bytes), key);
  } catch (error) {
    if (error instanceof ClientError && NO.includes(error.status ?? 0)) return false;
    throw error;
  }
}

/** Older servers write the boolean as a text. */
function saysNo(text: string, key: string): boolean {
  try {
    const answer = parseJson(text);
    return isRecord(answer) && key in answer && String(answer[key]).toLowerCase() === 'false';
  } catch {
    return false;
  }
}
