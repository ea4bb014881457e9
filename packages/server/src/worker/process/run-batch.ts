/** One batch in the worker: requests to rows, rows through the handler, results to bytes. */
import { createBatchContext, type RequestFacts, type ResponseOverrides } from '@marserve/handlers/context';
import type { HandlerContext, Row, RowResult } from '@marserve/handlers';
import type { RunMessage, WireRequest } from '../../wire/daemon-message.ts';
import type { ReplyMessage } from '../../wire/worker-message.ts';
import type { WaitingBatch } from './batch-line.ts';
import type { BatchParts } from './batch-parts.ts';
import { loadCodec } from './codecs.ts';
import { encodeRequest, Thrown, type EncodedResult, type ReadRequest } from './encode-request.ts';
import type { LoadedModel } from './load-model.ts';
import { readShared } from './shared-memory.ts';

/** What the daemon is sent when a batch is over. */
export interface BatchAnswer {
  /** One result for each request; null where the last part was sent before. */
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
export async function runBatch(
  model: LoadedModel,
  { message, payload: framePayload }: WaitingBatch,
  parts: BatchParts,
): Promise<BatchAnswer> {
  const startedAt = now();
  const { operation, requests, payloadAt } = message;
  const payload = payloadAt === undefined ? framePayload : readShared(payloadAt);
  const decoded = await decodeRequests(model, message, payload);
  const { context, responses, stageTimes } = createBatchContext(
    model.context,
    decoded.flatMap((request, index) => rowFacts(request, requests[index] as WireRequest)),
    parts,
  );
  parts.begin(decoded, responses);
  const handlerStartedAt = now();
  const rows = decoded.flatMap((request) => request.rows);
  const results = rows.length === 0 ? [] : await runHandler(model, operation, { rows, context });
  const encodingStartedAt = now();
  const inParts = parts.areNeeded(results);
  if (inParts) await parts.finish(results);
  const encoded = inParts ? [] : encodeRequests(model, decoded, { results, responses });
  parts.close();
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
      results: inParts ? requests.map(() => null) : encoded.map(({ result }) => result),
      stages,
    },
  };
}

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

/** What the handler made of all rows of a batch, in their order. */
interface HandledRows {
  readonly results: readonly RowResult[];
  readonly responses: readonly ResponseOverrides[];
}

function encodeRequests(model: LoadedModel, decoded: readonly ReadRequest[], handled: HandledRows): EncodedResult[] {
  let end = 0;
  return decoded.map((request) => {
    const start = end;
    end += request.rows.length;
    return encodeRequest(model, request, {
      read: () => handled.results.slice(start, end),
      responses: handled.responses.slice(start, end),
    });
  });
}
