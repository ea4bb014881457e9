import { afterEach, expect, it, vi } from 'vitest';
import { createBatchContext, createModelContext } from '../context/context.ts';
import { ExplainRun } from './run.ts';

const FACTS = {
  manifest: { runtime: 'node', model: { modelName: 'm', modelVersion: '1', handler: 'h' } },
  modelDir: '/',
  modelConfig: {},
  gpuId: -1,
  batchSize: 1,
  serverVersion: '0',
};

function createRun() {
  const logs: unknown[] = [];
  const client = new AbortController();
  const model = createModelContext(FACTS, { onMetric() {}, onLog: (...line) => logs.push(line) });
  const parts = { sendPart: () => Promise.resolve(), signal: () => client.signal };
  const { context } = createBatchContext(model, [{ requestId: 'r', headers: [] }], parts);
  return { run: new ExplainRun(context, 'kernel_shap: explaining'), client, logs };
}

afterEach(() => {
  vi.restoreAllMocks();
});

it('an explanation ends when nobody waits for it any more, as soon as that is heard of', async () => {
  const { run, client } = createRun();
  await run.pause(0.1);
  setImmediate(() => client.abort());
  await expect(run.pause(0.2)).rejects.toMatchObject({ name: 'PredictionError', status: 499 });
});

it('loops of small steps look for that as well, now and then', async () => {
  const { run, client } = createRun();
  setImmediate(() => client.abort());
  const loop = async () => {
    for (;;) await run.checkpoint();
  };
  await expect(loop()).rejects.toMatchObject({ name: 'PredictionError', status: 499 });
});

it('a long one tells how far it is, every five seconds', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const { run, logs } = createRun();
  for (const [seconds, done] of [
    [1, 0.1],
    [5, 0.25],
    [9, 0.5],
    [11, 0.75],
  ] as const) {
    now = 1000 * seconds;
    await run.pause(done);
  }
  expect(logs).toEqual([
    ['info', 'kernel_shap: explaining', { requestId: 'r', percent: 25 }],
    ['info', 'kernel_shap: explaining', { requestId: 'r', percent: 75 }],
  ]);
});
