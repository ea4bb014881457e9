/** What a prediction is asked with. */
import { stringifyJson } from '../json/stringify-json.ts';

/** Bytes with their media type, where `application/octet-stream` does not say enough. */
export interface TypedBytes {
  /** Such as `image/png`. */
  readonly contentType: string;
  /** The body. */
  readonly bytes: Uint8Array;
}

/** Sent as it is: bytes, a Blob, a form, a text. Anything else is sent as JSON. */
export type PredictionInput =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | FormData
  | URLSearchParams
  | TypedBytes
  | string
  | number
  | boolean
  | null
  | readonly unknown[]
  | Readonly<Record<string, unknown>>;

/** A body with its header. */
export interface EncodedInput {
  /** The content type. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes, or the text. */
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** @throws TypeError for what JSON has no form for */
export async function encodeInput(input: PredictionInput): Promise<EncodedInput> {
  if (input instanceof Uint8Array) return bytesOf(input);
  if (isTypedBytes(input)) return bytesOf(input.bytes, input.contentType);
  if (typeof input === 'string') return { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: input };
  if (isBody(input)) return encodedByPlatform(input);
  return { headers: { 'content-type': 'application/json' }, body: stringifyJson(input) };
}

function bytesOf(bytes: Uint8Array, contentType = 'application/octet-stream'): EncodedInput {
  return { headers: { 'content-type': contentType }, body: bytes as Uint8Array<ArrayBuffer> };
}

function isTypedBytes(input: unknown): input is TypedBytes {
  if (typeof input !== 'object' || input === null) return false;
  const { contentType, bytes } = input as Partial<TypedBytes>;
  return typeof contentType === 'string' && bytes instanceof Uint8Array;
}

function isBody(input: unknown): input is ArrayBuffer | Blob | FormData | URLSearchParams {
  return [ArrayBuffer, Blob, FormData, URLSearchParams].some((type) => input instanceof type);
}

/** It writes forms as `fetch` would. */
async function encodedByPlatform(input: ArrayBuffer | Blob | FormData | URLSearchParams): Promise<EncodedInput> {
  const response = new Response(input);
  const contentType = response.headers.get('content-type') ?? '';
  return bytesOf(new Uint8Array(await response.arrayBuffer()), contentType === '' ? undefined : contentType);
}
