/** One batch in the worker: requests to rows, rows through the handler, results to bytes. */
import { createBatchContext, type RequestFacts, type ResponseOverrides } from '@marserve/handlers/context';
import type { HandlerContext, Row, RowResult } from '@marserve/handlers';
import type { ReplyMessage, RunMessage, WireErrorCode, WireRequest, WireResult } from '../../wire/message.ts';
import type { Codec, DecodedRequest, Encoded } from '../../protocols/codec.ts';
import { loadCodec } from './codecs.ts';
import type { LoadedModel } from './load-model.ts';
import { readShared } from './shared-memory.ts';
import { wireError } from './wire-error.ts';

export interface BatchAnswer {
  readonly reply: ReplyMessage;
  /** The bodies of the results that are ok, in order. */
  readonly bodies: readonly Uint8Array[];
}

// A handler may replace what is global.
const now = performance.now.bind(performance);

/**
 * Whatever the handler does becomes a result of each request.
 * @throws Error where not even that is possible: the worker is of no use any more
 */
export async function runBatch(model: LoadedModel, message: RunMessage, framePayload: Buffer): Promise<BatchAnswer> {
  const startedAt = now();
  const { operation, requests, payloadAt } = message;
  const payload = payloadAt === undefined ? framePayload : readShared(payloadAt);
  const decoded = await decodeRequests(model, message, payload);
  const { context, responses, stageTimes } = createBatchContext(
    model.context,
    decoded.flatMap((request, index) => rowFacts(request, requests[index] as WireRequest)),
  );
  const handlerStartedAt = now();
  const rows = decoded.flatMap((request) => request.rows);
  const results = rows.length === 0 ? [] : await runHandler(model, operation, { rows, context });
  const encodingStartedAt = now();
  const encoded = encodeRequests(model, decoded, { results, responses });
  const endedAt = now();
  const stages = {
    decodeMs: handlerStartedAt - startedAt,
    ...stageTimes,
    encodeMs: endedAt - encodingStartedAt,
    handlerMs: encodingStartedAt - handlerStartedAt,
    predictionMs: endedAt - startedAt,
  };
  return {
    bodies: encoded.flatMap(({ body }) => (body === undefined ? [] : [body])),
    reply: {
      kind: 'reply',
      id: message.id,
      results: encoded.map(({ result }) => result),
      stages,
    },
  };
}

/** A request as its codec reads it; one that cannot be read has no rows, and says why. */
type ReadRequest =
  | (DecodedRequest & { readonly codec: Codec; readonly failure?: undefined })
  | { readonly rows: readonly []; readonly failure: Thrown };

async function decodeRequests(model: LoadedModel, message: RunMessage, payload: Buffer): Promise<ReadRequest[]> {
  const read: ReadRequest[] = [];
  let offset = 0;
  for (const { codec: name, headers, inputs } of message.requests) {
    const parts = inputs.map(({ size, ...input }) => {
      const bytes = payload.subarray(offset, offset + size);
      offset += size;
      return { ...input, bytes };
    });
    try {
      const codec = await loadCodec(name);
      const request = { operation: message.operation, headers, inputs: parts };
      read[read.length] = { ...codec.decode(request, model.facts), codec };
    } catch (error) {
      read[read.length] = { rows: [], failure: new Thrown(error) };
    }
  }
  return read;
}

/** What the handler may know of a request, for each of its rows. */
function rowFacts(request: ReadRequest, { requestId, headers: sent }: WireRequest): RequestFacts[] {
  if (request.failure !== undefined) return [];
  const { rows, headers = sent, parameters, keepsTensors } = request;
  return rows.map(() => ({ requestId, headers, parameters, keepsTensors }));
}

interface Batch {
  readonly rows: Row[];
  readonly context: HandlerContext;
}

async function runHandler(
  model: LoadedModel,
  operation: RunMessage['operation'],
  { rows, context }: Batch,
): Promise<RowResult[]> {
  const count = rows.length;
  try {
    if (operation === 'describe') return [await model.handler.describe(model.context)];
    return await model.handler.run(operation, rows, context);
  } catch (error) {
    return Array.from({ length: count }, () => new Thrown(error));
  }
}

/** Whatever a handler or a codec threw, an Error or not. */
class Thrown {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** What the handler made of all rows of a batch, in their order. */
interface HandledRows {
  readonly results: readonly RowResult[];
  readonly responses: readonly ResponseOverrides[];
}

interface EncodedRequest {
  readonly result: WireResult;
  readonly body?: Uint8Array;
}

function encodeRequests(model: LoadedModel, decoded: readonly ReadRequest[], handled: HandledRows): EncodedRequest[] {
  let end = 0;
  return decoded.map((request) => {
    const start = end;
    end += request.rows.length;
    if (request.failure !== undefined) return failed(request.failure.value, 'handler_failed');
    return encodeRequest(model, request, {
      read: () => handled.results.slice(start, end),
      responses: handled.responses.slice(start, end),
    });
  });
}

interface RequestRows {
  /** Gives their results; even looking at what a handler made can throw. */
  readonly read: () => RowResult[];
  readonly responses: readonly ResponseOverrides[];
}

/** A row that failed fails its request. */
function encodeRequest(
  model: LoadedModel,
  { codec, reply }: DecodedRequest & { readonly codec: Codec },
  { read, responses }: RequestRows,
): EncodedRequest {
  try {
    const results = read();
    for (const result of results) {
      if (result instanceof Thrown) return failed(result.value, 'handler_failed');
      if (result instanceof Error) return failed(result, 'handler_failed');
    }
    return withinLimit(codec.encode({ results, overrides: responses, reply }, model.facts), model.maxResponseBytes);
  } catch (error) {
    return failed(error, 'invalid_result');
  }
}

function failed(thrown: unknown, code: WireErrorCode): EncodedRequest {
  return { result: { ok: false, error: wireError(thrown, code) } };
}

function withinLimit({ meta, body }: Encoded, limit: number): EncodedRequest {
  const size = body.byteLength;
  if (size <= limit) return { result: { ok: true, meta, size }, body };
  const message = `The answer has ${size} bytes, more than max_response_size allows (${limit} bytes).`;
  return { result: { ok: false, error: { code: 'response_too_large', message } } };
}
