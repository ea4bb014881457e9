/** The models of the server as its workers may ask them. */
import type { ServerConfig } from './config/schema.ts';
import type { DataPlane } from './core/data-plane.ts';
import { createModelCalls } from './core/model-calls.ts';
import { HTTP_STATUSES, httpStatusBy } from './protocols/errors/http-statuses.ts';
import { MODEL_CALLS } from './protocols/index.ts';
import type { AskedModels } from './worker/host/ask-exchange.ts';

/** Explainers ask thousands of rows, in few questions; a batch of a transformer asks one a request. */
const MOST_ASKS = 1024;
const MOST_BYTES = 64 * 2 ** 20;

/** @param limitOf how much a version may ask at a time @param dataPlane that of the process that reads the requests */
export function createAskedModels(
  { maxRequestSize }: Pick<ServerConfig, 'maxRequestSize'>,
  dataPlane: Pick<DataPlane, 'admit' | 'modelReadiness' | 'modelMetadata'>,
  limitOf: Parameters<typeof createModelCalls>[2],
): AskedModels {
  const codecs = { values: MODEL_CALLS.values.name, messages: MODEL_CALLS.messages.name };
  return {
    calls: createModelCalls(dataPlane, codecs, limitOf),
    statusOf: (error) => httpStatusBy(HTTP_STATUSES, error),
    limit: { asks: MOST_ASKS, bytes: Math.max(MOST_BYTES, maxRequestSize), askBytes: maxRequestSize },
  };
}
