/** What a handler made of a request's rows as what is sent to the daemon. */
import type { RowResult } from '@marserve/handlers';
import type { ResponseOverrides } from '@marserve/handlers/context';
import type { WireErrorCode, WireResult } from '../../wire/worker-message.ts';
import type { Codec, DecodedRequest, Encoded, RequestPart } from '../../protocols/codec.ts';
import type { LoadedModel } from './load-model.ts';
import { wireError } from './wire-error.ts';

/** A request as its codec reads it; one that cannot be read has no rows, and says why. */
export type ReadRequest =
  | (DecodedRequest & { readonly codec: Codec; readonly failure?: undefined })
  | { readonly rows: readonly []; readonly failure: Thrown };

/** Whatever a handler or a codec threw, an Error or not. */
export class Thrown {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** What the handler made of the rows of one request. */
export interface RequestRows {
  /** Gives their results; even looking at what a handler made can throw. */
  readonly read: () => RowResult[];
  /** What was set on the answer of each row, in the order of the rows. */
  readonly responses: readonly ResponseOverrides[];
}

/** A result, and its body when it is ok. */
export interface EncodedResult {
  /** The answer as the message has it. */
  readonly result: WireResult;
  /** Its bytes. */
  readonly body?: Uint8Array;
}

/** A row that failed fails its request. */
export function encodeRequest(
  model: LoadedModel,
  request: ReadRequest,
  { read, responses }: RequestRows,
): EncodedResult {
  if (request.failure !== undefined) return failed(request.failure.value, 'handler_failed');
  const { codec, reply } = request;
  try {
    const results = read();
    for (const result of results) if (isFailure(result)) return failed(result, 'handler_failed');
    return withinLimit(codec.encode({ results, overrides: responses, reply }, model.facts), model.maxResponseBytes);
  } catch (error) {
    return failed(error, 'invalid_result');
  }
}

/** One part of the answer to a request. */
export function encodePart(model: LoadedModel, codec: Codec, part: RequestPart): EncodedResult {
  if (codec.encodePart === undefined) return failed(new Error(NO_PARTS), 'not_implemented');
  try {
    if (isFailure(part.value)) return failed(part.value, 'handler_failed');
    return withinLimit(codec.encodePart(part, model.facts), model.maxResponseBytes);
  } catch (error) {
    return failed(error, 'invalid_result');
  }
}

const NO_PARTS = 'The handler answers in parts, and answers of this protocol and call cannot come in parts.';

/** Whether a row failed. */
export function isFailure(result: RowResult): result is Thrown | Error {
  return result instanceof Thrown || result instanceof Error;
}

/** @param code what an error of unknown kind counts as */
export function failed(thrown: unknown, code: WireErrorCode): EncodedResult {
  return { result: { ok: false, error: wireError(thrown instanceof Thrown ? thrown.value : thrown, code) } };
}

function withinLimit({ meta, body }: Encoded, limit: number): EncodedResult {
  const size = body.byteLength;
  if (size <= limit) return { result: { ok: true, meta, size }, body };
  const message = `The answer has ${size} bytes, more than max_response_size allows (${limit} bytes).`;
  return { result: { ok: false, error: { code: 'response_too_large', message } } };
}
