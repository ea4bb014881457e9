/** Thousands of rows of all shapes and sizes, in batches put together at random: each gets its own answer. */
import { expect, it } from 'vitest';
import { addOneModel, sumAndDifferenceModel } from '../../../../test/fixtures/onnx-models.ts';
import type { OnnxDim } from '../../../../test/fixtures/onnx-builder.ts';
import { BaseHandler } from './base-handler.ts';
import { createBatchContext, createModelContext } from '../context/context.ts';
import { wrapHandler, type LoadedHandler } from '../load/load-handler.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { randomNumbers, type Random } from '../test-support/random.ts';
import { createTensor } from '../tensor/tensor.ts';

const ROWS = 4000;

interface Case {
  readonly row: Record<string, unknown>;
  readonly expected: unknown;
}

const MISTAKES = ['text', [[[[1]]]], { unknown: 1 }, null, Buffer.alloc(3)];

const refused = expect.objectContaining({ name: 'PredictionError', status: 400 }) as unknown;

/** Numbers that no other row has, so that a wrong answer cannot look right. */
function matrix(first: number, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => first + (row * columns + column) / 1024),
  );
}

const plus = (a: number[][], b: number[][], sign: number): number[][] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, row) =>
    (a[a.length === 1 ? 0 : row] ?? []).map(
      (value, column) => value + sign * (b[b.length === 1 ? 0 : row]?.[column] ?? NaN),
    ),
  );

/** For y = x + 1: an item, one without elements, a batch of its own, a tensor, or a mistake. */
function addOneCase(index: number, random: Random): Case {
  if (random(12) === 0) return { row: { body: MISTAKES[random(MISTAKES.length)] }, expected: refused };
  if (random(20) === 0) return { row: { body: [] }, expected: [] };
  const [rows, columns] = [1 + random(4), 1 + random(5)];
  const x = matrix(index, rows, columns);
  const y = x.map((values) => values.map((value) => value + 1));
  if (rows === 1 && random(2) === 0) return { row: { body: x[0] }, expected: y[0] };
  if (random(3) > 0) return { row: { data: x }, expected: y };
  return { row: { x: createTensor('float32', [rows, columns], x.flat()) }, expected: y };
}

/** For a + b and a - b: batches of one size or such as the model broadcasts, or one input too few. */
function sumCase(index: number, random: Random): Case {
  const [rows, columns] = [1 + random(4), 1 + random(3)];
  const a = matrix(index, random(3) === 0 ? 1 : rows, columns);
  const b = matrix(-3 * index, random(3) === 0 ? 1 : rows, columns);
  if (random(12) === 0) return { row: { a }, expected: refused };
  return {
    row: random(2) === 0 ? { a, b } : { body: { a, b } },
    expected: { sum: plus(a, b, 1), difference: plus(a, b, -1) },
  };
}

async function load(model: Uint8Array, stack?: boolean) {
  const manifest = {
    runtime: 'node',
    model: { modelName: 'm', modelVersion: '1.0', handler: 'base_handler', serializedFile: 'model.onnx' },
  };
  const modelDir = await modelFolder({ 'model.onnx': model });
  const modelConfig = { base_handler: { stack }, onnx: { logSeverityLevel: 4 } };
  const facts = { manifest, modelDir, modelConfig, gpuId: -1, batchSize: 32, serverVersion: 'test' };
  const context = createModelContext(facts, { onMetric() {}, onLog() {} });
  const handler = wrapHandler(BaseHandler);
  await handler.initialize(context);
  return { handler, context };
}

async function answer(
  { handler, context }: { handler: LoadedHandler; context: Parameters<typeof createBatchContext>[0] },
  batch: readonly Case[],
) {
  const requests = batch.map((_, row) => ({ requestId: String(row), headers: [] }));
  return handler.run(
    'predict',
    batch.map(({ row }) => row),
    createBatchContext(context, requests).context,
  );
}

it.each<[string, (shape: OnnxDim[]) => Buffer, typeof addOneCase, OnnxDim, boolean | undefined]>([
  ['one input, a batch by its name', addOneModel, addOneCase, 'batch', undefined],
  ['one input without names', addOneModel, addOneCase, -1, undefined],
  ['one input, rows never merged', addOneModel, addOneCase, 'batch', false],
  ['two inputs, a batch by its name', sumAndDifferenceModel, sumCase, 'batch', undefined],
  ['two inputs without names', sumAndDifferenceModel, sumCase, -1, undefined],
])('%s', async (_, buildModel, createCase, batch, stack) => {
  const random = randomNumbers(20_240_607);
  const loaded = await load(buildModel([batch, -1]), stack);
  const cases = Array.from({ length: ROWS }, (__, index) => createCase(index, random));
  for (let start = 0; start < ROWS;) {
    const part = cases.slice(start, start + 1 + random(32));
    expect(await answer(loaded, part)).toEqual(part.map(({ expected }) => expected));
    start += part.length;
  }
});
