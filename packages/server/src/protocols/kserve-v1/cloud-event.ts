/** CloudEvents around requests and answers, in both modes of their HTTP binding. */
import { createRequire } from 'node:module';
import type * as CloudEvents from 'cloudevents';
import { PredictionError } from '@marserve/handlers/prediction-error';

/** How the attributes of an event travel: as headers, or around its data in JSON. */
export type EventMode = 'binary' | 'structured';

/** The content type of an event in JSON. */
export const EVENT_TYPE = 'application/cloudevents+json';

type Library = typeof CloudEvents;
type JsonObject = Readonly<Record<string, unknown>>;

const require = createRequire(import.meta.url);
/** Of its loading, 0.1 s, those who send no events know nothing; and decoding cannot wait. */
const library = () => require('cloudevents') as Library;

const BINARY_HEADERS = ['ce-id', 'ce-source', 'ce-specversion', 'ce-type'];
const STRUCTURED_KEYS = ['id', 'source', 'specversion', 'type', 'time', 'data'];

/**
 * Whether the headers are those of an event.
 * @param headers names and values in turn
 * @throws PredictionError 400 for an event whose attributes are not what they must be
 */
export function isBinaryEvent(headers: readonly string[]): boolean {
  if (!headers.some((text, index) => index % 2 === 0 && text.length === 5 && text.toLowerCase() === 'ce-id'))
    return false;
  const byName: Record<string, string> = {};
  for (let index = 0; index < headers.length; index += 2) {
    byName[headers[index]?.toLowerCase() ?? ''] = headers[index + 1] ?? '';
  }
  if (!BINARY_HEADERS.every((name) => name in byName)) return false;
  const attributes = Object.entries(byName).filter(([name]) => name.startsWith('ce-'));
  assertEvent(Object.fromEntries(attributes.map(([name, value]) => [name.slice(3), value])));
  return true;
}

/**
 * Whether a body is an event: it says so, or has all keys of one.
 * @throws PredictionError 400 for an event whose attributes are not what they must be
 */
export function isStructuredEvent(body: unknown, contentType: string): body is JsonObject {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (contentType !== EVENT_TYPE && !(isObject && hasEventKeys(body))) return false;
  if (!isObject) throw new PredictionError('Expected a CloudEvent, a JSON object', 400);
  const { data: _data, data_base64: _bytes, ...attributes } = body as JsonObject;
  assertEvent(attributes);
  return true;
}

/** Whether an object of JSON is an event, whatever its content type says. */
export function hasEventKeys(body: object): boolean {
  return STRUCTURED_KEYS.every((key) => Object.hasOwn(body, key));
}

/** The library gives events without an id one of its own, and takes any version. */
function assertEvent(attributes: JsonObject): void {
  const missing = ['id', 'source', 'type'].filter((name) => !isText(attributes[name]));
  if (missing.length > 0) throw invalid(`it has no ${missing.join(', ')}`);
  if (attributes.specversion !== '1.0') throw invalid('specversion must be "1.0"');
  try {
    const { CloudEvent } = library();
    new CloudEvent(attributes).validate();
  } catch (error) {
    throw invalid(reasonOf(error as Error));
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function invalid(reason: string): PredictionError {
  return new PredictionError(`The CloudEvent is not valid: ${reason}`, 400);
}

function reasonOf({ message, errors }: Error & { errors?: unknown }): string {
  const reasons = Array.isArray(errors) ? errors.map((each: { message?: string }) => each.message ?? '') : [];
  return [message.split('\n', 1)[0], ...reasons].filter((text) => text !== '').join('; ');
}

function answerEvent(model: string): CloudEvents.CloudEvent {
  const { CloudEvent } = library();
  return new CloudEvent({ type: 'io.kserve.inference.response', source: `io.kserve.inference.${model}` });
}

/** The headers of an answer's event, with a new id and the time. */
export function binaryEventHeaders(model: string): Record<string, string> {
  const { headers } = library().HTTP.binary(answerEvent(model));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('ce-'))) as Record<
    string,
    string
  >;
}

/** An answer's event around its data, for JSON. */
export function structuredEvent(model: string, data: JsonObject): JsonObject {
  return { ...answerEvent(model).toJSON(), ...data };
}
