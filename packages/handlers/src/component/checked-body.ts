/** The body of a request as whoever answers it may take it: in proto3's JSON null is what is not said, and what is said of a message has its form. */
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { valueText } from '../tensor/tensor-json.ts';
import type { SeldonMethod } from './seldon-message.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is no message is left as it is, for those who say what they expected. @throws PredictionError 400 for a `meta` that is none */
export function checkedBody(method: SeldonMethod, body: unknown): unknown {
  if (method === 'aggregate') return checkedList(body);
  return method === 'send-feedback' ? checkedFeedback(body) : checkedMessage(body);
}

function checkedList(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(checkedMessage);
  if (!isPlainObject(body) || !Array.isArray(body['seldonMessages'])) return body;
  return { ...body, seldonMessages: body['seldonMessages'].map(checkedMessage) };
}

function checkedFeedback(body: unknown): unknown {
  if (!isPlainObject(body)) return body;
  const said = withoutNulls(body);
  const messages = ['request', 'response', 'truth'].filter((key) => said[key] !== undefined);
  return { ...said, ...Object.fromEntries(messages.map((key) => [key, checkedPart(said[key], key)])) };
}

function checkedPart(message: unknown, key: string): unknown {
  if (isPlainObject(message)) return checkedMessage(message);
  throw new PredictionError(`${key}: expected a SeldonMessage, got ${valueText(message)}`, 400);
}

function checkedMessage(message: unknown): unknown {
  if (!isPlainObject(message)) return message;
  const said = withoutNulls(message);
  const { meta, data } = said;
  if (meta === undefined && !isPlainObject(data)) return said;
  return {
    ...said,
    ...(isPlainObject(data) && { data: withoutNulls(data) }),
    ...(meta !== undefined && { meta: checkedMeta(meta) }),
  };
}

function checkedMeta(meta: unknown): Fields {
  if (!isPlainObject(meta)) throw odd('meta', 'an object', meta);
  const said = withoutNulls(meta);
  for (const key of ['tags', 'routing', 'requestPath']) {
    if (said[key] !== undefined && !isPlainObject(said[key])) throw odd(`meta.${key}`, 'an object', said[key]);
  }
  const { metrics = [], puid = '' } = said;
  if (!Array.isArray(metrics)) throw odd('meta.metrics', 'a list', metrics);
  if (typeof puid !== 'string') throw odd('meta.puid', 'a text', puid);
  return said;
}

function odd(key: string, expected: string, value: unknown): PredictionError {
  return new PredictionError(`Invalid request: ${key}: expected ${expected}, got ${valueText(value)}`, 400);
}

/** Any JSON may be in `jsonData`, null as well. */
function withoutNulls(fields: Fields): Fields {
  const entries = Object.entries(fields);
  const said = entries.filter(([key, value]) => value !== null || key === 'jsonData');
  return said.length === entries.length ? fields : Object.fromEntries(said);
}
