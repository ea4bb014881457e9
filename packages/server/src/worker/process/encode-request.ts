/** What a handler made of a request's rows as what is sent to the daemon. */
import type { RowResult } from '@marserve/handlers';
import type { ResponseOverrides } from '@marserve/handlers/context';
import type { WireErrorCode, WireResult } from '../../wire/worker-message.ts';
import type { Codec, Encoded, RequestPart } from '../../protocols/codec.ts';
import { Thrown, type ReadRequest } from './decode-requests.ts';
import type { LoadedModel } from './load-model.ts';
import { wireError } from './wire-error.ts';

/** What the handler made of all rows of a batch, in their order. */
export interface HandledRows {
  /** Even looking at one can throw. */
  readonly results: readonly RowResult[];
  /** What was set on the answer of each row. */
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
export function encodeRequest(model: LoadedModel, request: ReadRequest, handled: HandledRows): EncodedResult {
  if (request.failure !== undefined) return failed(request.failure.value, 'handler_failed');
  const { codec, decoded, firstRow, rowCount } = request;
  try {
    const results = handled.results.slice(firstRow, firstRow + rowCount);
    for (const result of results) if (isFailure(result)) return failed(result, 'handler_failed');
    const overrides = handled.responses.slice(firstRow, firstRow + rowCount);
    return encoded(codec.encode({ results, overrides, reply: decoded.reply }, model.facts), model);
  } catch (error) {
    return failed(error, 'invalid_result');
  }
}

/** One part of the answer to a request. */
export function encodePart(model: LoadedModel, codec: Codec, part: RequestPart): EncodedResult {
  if (codec.encodePart === undefined) return failed(new Error(NO_PARTS), 'not_implemented');
  try {
    if (isFailure(part.value)) return failed(part.value, 'handler_failed');
    return encoded(codec.encodePart(part, model.facts), model);
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

function encoded({ meta, body }: Encoded, { identify, maxResponseBytes }: LoadedModel): EncodedResult {
  const size = body.byteLength;
  if (size <= maxResponseBytes) return { result: { ok: true, meta: identify(meta), size }, body };
  const message = `The answer has ${size} bytes, more than max_response_size allows (${maxResponseBytes} bytes).`;
  return { result: { ok: false, error: { code: 'response_too_large', message } } };
}
