/** Finds the bytes of an image in what a client sent. */
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { valueText } from '../tensor/tensor-json.ts';
import { IMAGE_KINDS } from './image-kind.ts';

const BASE64 = /^[A-Za-z0-9+/_\-\s]+={0,2}\s*$/;
const DATA_URL = /^data:[^,]*;base64,/i;
// By hand, because the first Intl.ListFormat takes 15 ms of a worker's start.
const KINDS = `${IMAGE_KINDS.slice(0, -1).join(', ')} or ${IMAGE_KINDS.at(-1)}`;

/**
 * Bytes as they are; a string as base64 or as a `data:` URL; an object by its `b64` (or `data`), or by its
 * only field of bytes, as TensorFlow's `image_bytes`.
 * @throws PredictionError 400 for anything else
 */
export function imageBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return fromText(value);
  if (isPlainObject(value)) {
    const text = value.b64 ?? value.data;
    if (typeof text === 'string') return fromText(text);
    const [bytes, ...others] = Object.values(value).filter((field) => field instanceof Uint8Array);
    if (bytes !== undefined && others.length === 0) return bytes;
  }
  throw notAnImage(valueText(value));
}

function fromText(text: string): Uint8Array {
  const base64 = text.replace(DATA_URL, '');
  if (!BASE64.test(base64)) throw notAnImage(`the text ${valueText(text)}`);
  return Buffer.from(base64, 'base64');
}

/** The error for what is not an image. */
export function notAnImage(got: string): PredictionError {
  return new PredictionError(
    `Expected an image (${KINDS}) as bytes, base64, a data: URL or {"b64": …}; got ${got}`,
    400,
  );
}
