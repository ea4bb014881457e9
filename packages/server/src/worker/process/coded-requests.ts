/** The requests of a batch through their codecs: from bytes to rows, and from what the handler made of those to bytes. */
import type { RouteRequest, Row, RowResult } from '@marserve/handlers';
import type { RequestFacts, ResponseOverrides } from '@marserve/handlers/context';
import {
  mergeOverrides,
  type Codec,
  type DecodedRequest,
  type Encoded,
  type RequestPart,
} from '../../protocols/codec.ts';
import type { ReceivedRequest } from '../../wire/run-message.ts';
import type { WireErrorCode, WireResult } from '../../wire/worker-message.ts';
import { knownCodec, loadCodec } from './codecs.ts';
import type { LoadedModel } from './load-model.ts';
import { wireError } from './wire-error.ts';

/** A request as its codec reads it; one that cannot be read has no rows, and says why. */
export type ReadRequest = ReadableRequest | UnreadableRequest;

/** One that can be read. */
export interface ReadableRequest {
  /** Place of its first row in the batch. */
  readonly firstRow: number;
  /** How many it has. */
  readonly rowCount: number;
  /** What read it, and is to write its answer. */
  readonly codec: Codec;
  /** What it asks for. */
  readonly decoded: DecodedRequest;
  /** None. */
  readonly failure?: undefined;
}

/** One whose codec threw. */
export interface UnreadableRequest {
  /** Where its rows would begin. */
  readonly firstRow: number;
  /** It has none. */
  readonly rowCount: 0;
  /** Why. */
  readonly failure: Thrown;
}

/** Whatever a handler or a codec threw, an Error or not. */
export class Thrown {
  /** Whatever it was. */
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A batch as its codecs read it. */
export interface DecodedBatch {
  /** In their order. */
  readonly requests: ReadRequest[];
  /** Of all requests, for the handler. */
  readonly rows: Row[];
  /** What the handler may know of the request of each row. */
  readonly facts: RequestFacts[];
  /** Whether some came to routes of the handler's own. */
  hasRoutes: boolean;
}

/** One that its codec cannot read fails alone. */
export async function decodeRequests(
  { facts }: LoadedModel,
  received: readonly ReceivedRequest[],
): Promise<DecodedBatch> {
  const batch: DecodedBatch = { requests: [], rows: [], facts: [], hasRoutes: false };
  for (let index = 0; index < received.length; index += 1) {
    const request = received[index] as ReceivedRequest;
    const firstRow = batch.rows.length;
    try {
      // For a batch of small requests, waiting once for each would take longer than the codec does.
      const codec = knownCodec(request.codec) ?? (await loadCodec(request.codec));
      const decoded = codec.decode(request, facts);
      batch.requests[index] = { firstRow, rowCount: decoded.rows.length, codec, decoded };
      addRows(batch, request, decoded);
    } catch (error) {
      batch.requests[index] = { firstRow, rowCount: 0, failure: new Thrown(error) };
    }
  }
  return batch;
}

function addRows(batch: DecodedBatch, request: ReceivedRequest, decoded: DecodedRequest): void {
  const facts = new DecodedFacts(request, decoded);
  if (facts.route !== undefined) batch.hasRoutes = true;
  for (const row of decoded.rows) {
    // Not pushed: the handler may have replaced that.
    batch.rows[batch.rows.length] = row;
    batch.facts[batch.facts.length] = facts;
  }
}

/** Headers are read when the handler asks for them. */
class DecodedFacts implements RequestFacts {
  readonly #sent: ReceivedRequest;
  readonly #decoded: DecodedRequest;

  constructor(sent: ReceivedRequest, decoded: DecodedRequest) {
    this.#sent = sent;
    this.#decoded = decoded;
  }

  get requestId(): string {
    return this.#sent.requestId;
  }

  get headers(): readonly string[] {
    return this.#decoded.headers?.() ?? this.#sent.headers;
  }

  get route(): RouteRequest | undefined {
    return this.#decoded.route;
  }

  get parameters(): Readonly<Record<string, unknown>> {
    return this.#decoded.parameters ?? {};
  }

  get keepsTensors(): boolean {
    return this.#decoded.keepsTensors ?? false;
  }
}

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
  const overrides = handled.responses.slice(firstRow, firstRow + rowCount);
  try {
    const results = handled.results.slice(firstRow, firstRow + rowCount);
    for (const result of results) if (isFailure(result)) return failed(result, 'handler_failed', overrides);
    return encoded(codec.encode({ results, overrides, reply: decoded.reply }, model.facts), model);
  } catch (error) {
    return failed(error, 'invalid_result', overrides);
  }
}

/** One part of the answer to a request. */
export function encodePart(model: LoadedModel, codec: Codec, part: RequestPart): EncodedResult {
  if (codec.encodePart === undefined) return failed(new Error(NO_PARTS), 'not_implemented');
  try {
    if (isFailure(part.value)) return failed(part.value, 'handler_failed', [part.overrides]);
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

/** @param code what an error of unknown kind counts as @param overrides what was set on the answer of each row */
export function failed(
  thrown: unknown,
  code: WireErrorCode,
  overrides: readonly ResponseOverrides[] = [],
): EncodedResult {
  const error = wireError(thrown instanceof Thrown ? thrown.value : thrown, code);
  const headers = errorHeaders(overrides);
  return { result: { ok: false, error: headers === undefined ? error : { ...error, headers } } };
}

/** Undefined for none. Those that describe the body are of the one that there is not. */
function errorHeaders(overrides: readonly ResponseOverrides[]): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(mergeOverrides(overrides).headers ?? {});
  const kept = entries.filter(([name]) => !name.toLowerCase().startsWith('content-'));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function encoded({ meta, body }: Encoded, { identify, maxResponseBytes }: LoadedModel): EncodedResult {
  const size = body.byteLength;
  if (size <= maxResponseBytes) return { result: { ok: true, meta: identify(meta), size }, body };
  const message = `The answer has ${size} bytes, more than max_response_size allows (${maxResponseBytes} bytes).`;
  return { result: { ok: false, error: { code: 'response_too_large', message } } };
}
