/** Small JSON objects in the bodies of requests that no model sees. */
import { ServeError } from '../core/errors.ts';
import type { PlainRequest } from './endpoint.ts';
import { isRecord } from './is-record.ts';

const MOST_BYTES = 64 * 1024;

/** Empty for a request without a body. @throws ServeError `invalid_argument` for what is no object of JSON, `request_too_large` beyond 64 KB */
export async function readObject(request: PlainRequest): Promise<Readonly<Record<string, unknown>>> {
  const [body, ...others] = await request.readInputs(MOST_BYTES);
  if (others.length > 0) throw notJson('a form');
  const text = Buffer.concat(body?.chunks ?? []).toString('utf8');
  if (text === '') return {};
  const value = parse(text);
  if (!isRecord(value)) throw notJson(Array.isArray(value) ? 'a list' : JSON.stringify(value).slice(0, 60));
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(`"${text.slice(0, 60)}"`);
  }
}

function notJson(got: string): ServeError {
  return new ServeError('invalid_argument', `The request: expected a JSON object, got ${got}`);
}
