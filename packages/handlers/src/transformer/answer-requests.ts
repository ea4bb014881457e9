/** The requests of a batch for a handler that asks others: all at once, each on its own, and none for longer than its worker may take. */
import { serverModelsOf } from '../context/ask-model.ts';
import { toError } from '../base/stages.ts';
import type { HandlerContext, Row, RowResult } from '../handler.ts';
import { predictorError } from './predictor-error.ts';
import { requestsOf, type TransformerRequest } from './requests.ts';

/** @param answer a result for each row of a request; what it throws is the result of all of them */
export async function answerRequests(
  rows: readonly Row[],
  context: HandlerContext,
  answer: (request: TransformerRequest) => Promise<RowResult[]>,
): Promise<RowResult[]> {
  const results: RowResult[] = [];
  await Promise.all(
    requestsOf(rows, context).map(async (request) => {
      const own = await answer(request).catch((error: unknown) =>
        request.places.map(() => toError(predictorError(error))),
      );
      request.places.forEach((place, index) => (results[place] = own[index]));
    }),
  );
  return results;
}

/** What is left of the response timeout for the answer to be made and sent, in milliseconds at most. */
const ANSWERING_MS = 1000;

/** How long a batch may wait for others: less than what ends the worker, and with it all other requests. */
export function waitMs(context: HandlerContext): number {
  const { responseTimeoutMs = Infinity } = serverModelsOf(context) ?? {};
  return Math.max(responseTimeoutMs - ANSWERING_MS, 0.9 * responseTimeoutMs);
}

/** How long the client of a request waits, in milliseconds; Infinity where it does not say. */
export function clientWaitsMs({ headers }: Pick<TransformerRequest, 'headers'>): number {
  const ms = Number(headers['x-request-timeout-ms'] ?? NaN);
  return ms > 0 ? ms : Infinity;
}
