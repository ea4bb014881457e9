/** One batch in the worker: requests to rows, rows through the handler, results to bytes. */
import { createBatchContext } from '@marserve/handlers/context';
import type { RowResult } from '@marserve/handlers';
import type { ReplyMessage } from '../../wire/reply-message.ts';
import { readRun, type WireOperation } from '../../wire/run-message.ts';
import type { WireResult } from '../../wire/worker-message.ts';
import type { WaitingBatch } from './batch-line.ts';
import type { BatchParts } from './batch-parts.ts';
import { decodeRequests, encodeRequest, Thrown, type HandledRows, type ReadRequest } from './coded-requests.ts';
import type { LoadedModel } from './load-model.ts';
import { runRoutes, type RowsInContext } from './run-routes.ts';
import { readShared, readSharedAgain } from './shared-memory.ts';

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
  { frame }: Pick<WaitingBatch, 'frame'>,
  parts: BatchParts,
): Promise<BatchAnswer> {
  const startedAt = now();
  // A handler of somebody's own may keep what it got.
  const received = readRun(frame, model.handler.isBuiltIn ? readSharedAgain : readShared);
  const { requests, rows, facts, hasRoutes } = await decodeRequests(model, received);
  const { context, responses, stageTimes } = createBatchContext(model.context, facts, parts);
  parts.begin(requests, responses);
  const handlerStartedAt = now();
  const batch = { rows, context };
  const results = hasRoutes
    ? await runRoutes(model, batch)
    : rows.length === 0
      ? []
      : await runHandler(model, received[0]?.operation, batch);
  const encodingStartedAt = now();
  const inParts = parts.areNeeded(results);
  if (inParts) await parts.finish(results);
  const answer = inParts ? sentAnswer(requests.length) : encodeAnswer(model, requests, { results, responses });
  parts.close();
  const endedAt = now();
  const stages = {
    decodeMs: handlerStartedAt - startedAt,
    ...stageTimes,
    encodeMs: endedAt - encodingStartedAt,
    handlerMs: encodingStartedAt - handlerStartedAt,
    predictionMs: endedAt - startedAt,
  };
  return { bodies: answer.bodies, reply: { kind: 'reply', id: frame.id, results: answer.results, stages } };
}

/** The results of a batch, and the bodies of those that are ok. */
interface EncodedAnswer {
  readonly results: (WireResult | null)[];
  readonly bodies: Uint8Array[];
}

/** Where all of it was sent already. */
function sentAnswer(requests: number): EncodedAnswer {
  return { results: Array.from({ length: requests }, () => null), bodies: [] };
}

function encodeAnswer(model: LoadedModel, requests: readonly ReadRequest[], handled: HandledRows): EncodedAnswer {
  const answer: EncodedAnswer = { results: [], bodies: [] };
  for (const request of requests) {
    const { result, body } = encodeRequest(model, request, handled);
    answer.results[answer.results.length] = result;
    if (body !== undefined) answer.bodies[answer.bodies.length] = body;
  }
  return answer;
}

async function runHandler(
  model: LoadedModel,
  operation: WireOperation = 'predict',
  { rows, context }: RowsInContext,
): Promise<RowResult[]> {
  const count = rows.length;
  try {
    if (operation === 'describe') return [await model.handler.describe(model.context)];
    return await model.handler.run(operation, rows, context);
  } catch (error) {
    return Array.from({ length: count }, () => new Thrown(error));
  }
}
