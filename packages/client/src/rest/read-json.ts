/** Answers in JSON. */
import { ClientError, reasonOf } from '../client-error.ts';
import { isRecord } from '../json/is-record.ts';
import { parseJson } from '../json/parse-json.ts';
import type { RestAnswer } from './rest-calls.ts';

/** @param bytes those of the JSON, by default the whole body @throws ClientError `answer` for what is none */
export function readJson(answer: RestAnswer, bytes: Uint8Array = answer.bytes): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return parseJson(text);
  } catch (error) {
    throw wrongAnswer(answer, `expected JSON, got "${text.slice(0, 100)}": ${reasonOf(error)}`);
  }
}

/** @throws ClientError `answer` for what is no object of JSON */
export function readJsonObject(answer: RestAnswer, bytes?: Uint8Array): Readonly<Record<string, unknown>> {
  const value = readJson(answer, bytes);
  if (isRecord(value)) return value;
  throw wrongAnswer(answer, `expected a JSON object, got ${JSON.stringify(value)?.slice(0, 100)}`);
}

/** An error about what was answered with success. */
export function wrongAnswer({ host, status, headers, bytes }: RestAnswer, problem: string): ClientError {
  const text = new TextDecoder().decode(bytes.subarray(0, 64 * 1024));
  return new ClientError(`${host}: ${problem}`, { kind: 'answer', host, status, headers, text });
}
