/** One batch in the worker: requests to rows, rows through the handler, results to bytes. */
import { createBatchContext } from '@marserve/handlers/context';
import type { HandlerContext, Row, RowResult } from '@marserve/handlers';
import type { ReplyMessage, RunMessage, WireErrorCode, WireRequest, WireResult } from '../../wire/message.ts';
import type { Encoded } from '../../protocols/codec.ts';
import { codecFor } from './codecs.ts';
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
 * Whatever the handler does becomes a result of each row.
 * @throws Error where not even that is possible: the worker is of no use any more
 */
export async function runBatch(model: LoadedModel, message: RunMessage, framePayload: Buffer): Promise<BatchAnswer> {
  const startedAt = now();
  const { requests, payloadAt } = message;
  const payload = payloadAt === undefined ? framePayload : readShared(payloadAt);
  const { context, responses, stageTimes } = createBatchContext(model.context, requests);
  const rows = decodeRows(requests, payload);
  const handlerStartedAt = now();
  const results = await runRows(model, message.operation, { rows, context });
  const encodingStartedAt = now();
  const encoded = requests.map((request, row) =>
    encodeRow(request, () => results[row], { responses: responses[row], model }),
  );
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

/** What cannot be decoded fails its own row. */
function decodeRows(requests: readonly WireRequest[], payload: Buffer): (Row | Thrown)[] {
  let offset = 0;
  return requests.map(({ codec, inputs }) => {
    const parts = inputs.map(({ name, contentType, charset, size }) => {
      const bytes = payload.subarray(offset, offset + size);
      offset += size;
      return { name, contentType, charset, bytes };
    });
    try {
      return codecFor(codec).decode(parts);
    } catch (error) {
      return new Thrown(error);
    }
  });
}

interface Batch<R> {
  readonly rows: R[];
  readonly context: HandlerContext;
}

/** The handler gets those rows that could be decoded. */
async function runRows(
  model: LoadedModel,
  operation: RunMessage['operation'],
  { rows, context }: Batch<Row | Thrown>,
): Promise<RowResult[]> {
  const places = [...rows.keys()].filter((place) => !(rows[place] instanceof Thrown));
  if (places.length === 0) return rows;
  const decoded = places.map((place) => rows[place] as Row);
  const part = places.length === rows.length ? context : context.forRows(places);
  const results = await runHandler(model, operation, { rows: decoded, context: part });
  if (places.length === rows.length) return results;
  const all: RowResult[] = [...rows];
  places.forEach((place, index) => (all[place] = results[index]));
  return all;
}

async function runHandler(
  model: LoadedModel,
  operation: RunMessage['operation'],
  batch: Batch<Row>,
): Promise<RowResult[]> {
  try {
    if (operation === 'describe') return [await model.handler.describe(model.context)];
    return await model.handler.run(operation, batch.rows, batch.context);
  } catch (error) {
    return batch.context.requestIds.map(() => new Thrown(error));
  }
}

/** Whatever a handler threw, an Error or not. */
class Thrown {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

interface EncodedRow {
  readonly result: WireResult;
  readonly body?: Uint8Array;
}

interface EncodingFacts {
  readonly responses: ReturnType<typeof createBatchContext>['responses'][number] | undefined;
  readonly model: LoadedModel;
}

/** @param read gives the row's result; even looking at what a handler made can throw */
function encodeRow(request: WireRequest, read: () => RowResult, facts: EncodingFacts): EncodedRow {
  try {
    const result: unknown = read();
    if (result instanceof Thrown) return failedRow(result.value, 'handler_failed');
    if (result instanceof Error) return failedRow(result, 'handler_failed');
    const { meta, body } = codecFor(request.codec).encode(result, facts.responses ?? { headers: {} });
    return withinLimit({ meta, body }, facts.model.maxResponseBytes);
  } catch (error) {
    return failedRow(error, 'invalid_result');
  }
}

function failedRow(thrown: unknown, code: WireErrorCode): EncodedRow {
  return { result: { ok: false, error: wireError(thrown, code) } };
}

function withinLimit({ meta, body }: Encoded, limit: number): EncodedRow {
  const size = body.byteLength;
  if (size <= limit) return { result: { ok: true, meta, size }, body };
  const message = `The answer has ${size} bytes, more than max_response_size allows (${limit} bytes).`;
  return { result: { ok: false, error: { code: 'response_too_large', message } } };
}
