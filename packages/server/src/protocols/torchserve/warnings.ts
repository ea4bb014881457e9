/** The `Warning` header: what is odd about a request that is answered all the same (RFC 7234, 5.5). */
import type { PlainResponse } from '../endpoint.ts';

const MOST = 10;
const LONGEST = 200;

/** Adds a header with these sentences; none without any. */
export function withWarnings(response: PlainResponse, sentences: readonly string[]): PlainResponse {
  if (sentences.length === 0) return response;
  const former = response.headers.warning;
  const added = sentences.slice(0, MOST).map((sentence) => `299 marserve "${plain(sentence)}"`);
  const warning = [...(former === undefined ? [] : [former]), ...added].join(', ');
  return { ...response, headers: { ...response.headers, warning } };
}

/** What a quoted text in a header may hold. */
function plain(sentence: string): string {
  return sentence.replaceAll(/[^\x20-\x7E]|["\\]/g, '?').slice(0, LONGEST);
}
