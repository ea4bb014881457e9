/** What a prediction is answered with. */
import { readJson } from '../rest/read-json.ts';
import type { RestAnswer } from '../rest/rest-calls.ts';

/** By the content type: a value of JSON, a text, else the bytes. @throws ClientError for JSON that is none */
export function decodeValue(answer: RestAnswer): unknown {
  const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type.endsWith('+json')) return readJson(answer);
  return type.startsWith('text/') ? new TextDecoder().decode(answer.bytes) : answer.bytes;
}
