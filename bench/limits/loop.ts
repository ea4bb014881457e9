/** The limit of a model: its work in a tight loop, alone in a process. */
import { startChild } from '../child.ts';
import type { Bench } from '../bench.ts';
import type { ModelName } from '../models/models.ts';
import type { Sample } from '../sample.ts';
import type { Probe } from '../scenario.ts';

/**
 * What the loop does: `run` a prepared tensor through the session; `json`: parse the text of a tensor first; `image`: decode
 * a JPEG, scale, cut and normalize it first, and pick the five best classes afterwards.
 */
export type LoopWork = 'run' | 'json' | 'image';

/** What the process of a loop is asked. */
export type LoopRequest =
  { readonly kind: 'answer' } | { readonly kind: 'measure'; readonly seconds: number; readonly batch: number };

/** What one row of the sample gives: the model's output, or probabilities by class. */
export interface LoopAnswer {
  readonly answer: unknown;
}

export interface Loop {
  readonly pid: number;
  /** What the model says of the sample, to check the server's answer with. */
  answer(): Promise<unknown>;
  /** Rows per second, and percentiles of the time that a batch takes. */
  measure(seconds: number, batch?: number): Promise<Sample>;
  /** The size from 1 to `max` with the most rows per second. */
  bestBatch(max: number): Promise<number>;
  /** Ends it before the scenario ends. */
  close(): Promise<void>;
}

/** A loop at the batch size from 1 to `max` that serves it best. */
export async function startBestLoop(bench: Bench, model: ModelName, max: number): Promise<Probe> {
  const loop = await startLoop(bench, model, model === 'image' ? 'image' : 'run');
  const batch = max === 1 ? 1 : await loop.bestBatch(max);
  return (seconds) => loop.measure(seconds, batch);
}

/** Starts the loop's process, with the model loaded on its first request. */
export async function startLoop(bench: Bench, model: ModelName, work: LoopWork = 'run'): Promise<Loop> {
  const child = startChild('limits/loop-process.js', [model, await bench.modelFile(model), work]);
  bench.defer(() => child.close());
  const measure = (seconds: number, batch = 1) => child.ask<Sample>({ kind: 'measure', seconds, batch });
  return {
    pid: child.pid,
    answer: async () => (await child.ask<LoopAnswer>({ kind: 'answer' })).answer,
    measure,
    close: () => child.close(),
    async bestBatch(max) {
      const sizes = [1, 2, 4, 8, 16, 32].filter((size) => size <= max);
      await measure(bench.timing.seconds / 8, max);
      const rates: number[] = [];
      for (const size of sizes) rates.push((await measure(bench.timing.seconds / 8, size)).throughput ?? 0);
      return sizes[rates.indexOf(Math.max(...rates))] ?? 1;
    },
  };
}
