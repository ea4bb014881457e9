import { describe, expect, it } from 'vitest';
import { createBatchContext, createModelContext } from '../context/context.ts';
import type { HandlerContext } from '../handler.ts';
import { throughStages, type Stage } from './stages.ts';

function batchOf(rows: number) {
  const facts = {
    manifest: { runtime: 'node', model: { modelName: 'm', modelVersion: '1.0', handler: 'h' } },
    modelDir: '/model',
    modelConfig: {},
    gpuId: -1,
    batchSize: rows,
    serverVersion: 'test',
  };
  const model = createModelContext(facts, { onMetric() {}, onLog() {} });
  return createBatchContext(
    model,
    Array.from({ length: rows }, (_, row) => ({ requestId: `id-${row}`, headers: [] })),
  );
}

const same: Stage = (entries) => entries;

describe('rows through stages', () => {
  it('leave with their Error, and come back in their place', async () => {
    const seen: (readonly string[])[] = [];
    const failing =
      (bad: unknown): Stage =>
      (entries, context: HandlerContext) => {
        seen.push(context.requestIds);
        return entries.map((entry) => (entry === bad ? new Error(String(bad)) : entry));
      };
    const stages = { preprocess: failing('a'), inference: failing('d'), postprocess: failing('c') };
    const { context } = batchOf(4);
    expect(await throughStages(['a', 'b', 'c', 'd'], context, stages)).toEqual([
      new Error('a'),
      'b',
      new Error('c'),
      new Error('d'),
    ]);
    expect(seen).toEqual([
      ['id-0', 'id-1', 'id-2', 'id-3'],
      ['id-1', 'id-2', 'id-3'],
      ['id-1', 'id-2'],
    ]);
  });

  it('keep their places when a stage leaves holes in its list, or empties the one it got', async () => {
    const { context } = batchOf(3);
    const rows = ['a', 'b', 'c'];
    const inference: Stage = (entries) => {
      const results: unknown[] = [];
      results[0] = new Error('first');
      results[2] = entries.splice(0).at(2);
      return results;
    };
    expect(await throughStages(rows, context, { preprocess: same, inference, postprocess: same })).toEqual([
      new Error('first'),
      undefined,
      'c',
    ]);
    expect(rows).toEqual(['a', 'b', 'c']);
  });

  it('end when none is left', async () => {
    const { context, stageTimes } = batchOf(1);
    const preprocess: Stage = () => [new Error('bad')];
    const unreachable: Stage = () => {
      throw new Error('not reached');
    };
    const stages = { preprocess, inference: unreachable, postprocess: unreachable };
    expect(await throughStages(['a'], context, stages)).toEqual([new Error('bad')]);
    expect(stageTimes).toEqual({ preprocessMs: expect.any(Number) as number });
  });
});

describe('the time of each stage', () => {
  it('reaches whoever made the context', async () => {
    const { context, stageTimes } = batchOf(1);
    const inference: Stage = (entries) => {
      const startedAt = performance.now();
      while (performance.now() - startedAt < 2);
      return entries;
    };
    const startedAt = performance.now();
    await throughStages(['a'], context, { preprocess: same, inference, postprocess: same });
    const took = performance.now() - startedAt;
    expect(Object.keys(stageTimes)).toEqual(['preprocessMs', 'inferenceMs', 'postprocessMs']);
    expect(stageTimes.inferenceMs).toBeGreaterThanOrEqual(2);
    const { preprocessMs = NaN, inferenceMs = NaN, postprocessMs = NaN } = stageTimes;
    expect(preprocessMs + inferenceMs + postprocessMs).toBeLessThanOrEqual(took);
  });

  it('adds up when a batch goes through in parts', async () => {
    const { context, stageTimes } = batchOf(2);
    const stages = { preprocess: same, inference: same, postprocess: same };
    await throughStages(['a'], context.forRows([0]), stages);
    const first = stageTimes.inferenceMs ?? NaN;
    await throughStages(['b'], context.forRows([1]), stages);
    expect(stageTimes.inferenceMs).toBeGreaterThan(first);
  });

  it('is not missed by a context that does not take it', async () => {
    const context = { requestIds: ['a'] } as unknown as HandlerContext;
    expect(await throughStages(['a'], context, { preprocess: same, inference: same, postprocess: same })).toEqual([
      'a',
    ]);
  });
});
