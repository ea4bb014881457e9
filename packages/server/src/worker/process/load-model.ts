/** Loads the handler that an archive names and lets it initialize. */
import { createModelContext, type MetricSample, type ModelContextSinks } from '@marserve/handlers/context';
import { loadHandler, type LoadedHandler } from '@marserve/handlers/load-handler';
import type { HandlerManifest, ModelContext } from '@marserve/handlers';
import { logMessage } from './log-message.ts';
import type { LoadMessage, Message } from '../../wire/message.ts';

export interface LoadedModel {
  readonly handler: LoadedHandler;
  readonly context: ModelContext;
  readonly maxResponseBytes: number;
}

/** @throws whatever the handler's module or its `initialize` throws */
export async function loadModel(message: LoadMessage, send: (message: Message) => void): Promise<LoadedModel> {
  const manifest = message.manifest as HandlerManifest;
  const modelConfig = message.modelConfig as Record<string, unknown>;
  const { modelDir, gpuId, batchSize, serverVersion, maxResponseBytes } = message;
  const facts = { manifest, modelDir, modelConfig, gpuId, batchSize, serverVersion };
  const context = createModelContext(facts, createSinks(send));
  const handler = await loadHandler({ modelDir, handler: manifest.model.handler });
  await handler.initialize(context);
  return { handler, context, maxResponseBytes };
}

/** Keeps messages far below the longest frame. */
const SAMPLES_PER_MESSAGE = 1000;

/** Samples of one turn of the event loop travel together. */
function createSinks(send: (message: Message) => void): ModelContextSinks {
  let samples: MetricSample[] = [];
  return {
    onMetric(sample) {
      if (samples.length === 0) queueMicrotask(flush);
      samples.push(sample);
    },
    onLog: (level, message, fields) => send(logMessage(level, message, fields)),
  };
  function flush(): void {
    const all = samples;
    samples = [];
    for (let start = 0; start < all.length; start += SAMPLES_PER_MESSAGE) {
      send({ kind: 'samples', samples: all.slice(start, start + SAMPLES_PER_MESSAGE) });
    }
  }
}
