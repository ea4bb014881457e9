import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildModel, int64Bytes, type OnnxDim, type OnnxNode } from '../../../../test/fixtures/onnx-builder.ts';
import {
  addOneModel,
  castModel,
  gatherModel,
  identityModel,
  sumAndDifferenceModel,
} from '../../../../test/fixtures/onnx-models.ts';
import { openSession } from '../onnx-session.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { serve } from '../test-support/serve.ts';
import { createTensor, type Tensor } from '../tensor.ts';
import { BatchRunner } from './batch-runner.ts';
import type { ModelRow } from './row-form.ts';
import type { Stacking } from './stacking.ts';

/** y = x + the number of rows that go through the model together. */
function countingModel(batch: OnnxDim = 'batch'): Buffer {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: [batch, -1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [batch, -1] }],
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'zero'], outputs: ['rows'] },
      { op: 'Cast', inputs: ['rows'], outputs: ['count'], attributes: { to: { int: 1 } } },
      { op: 'Add', inputs: ['x', 'count'], outputs: ['y'] },
    ],
    initializers: [{ name: 'zero', type: 'int64', dims: [], bytes: new Uint8Array(8) }],
  });
}

describe('batching', () => {
  it('stacks rows of one shape where the first dimension is dynamic, and takes their results apart', async () => {
    expect(
      await serve(countingModel(), [
        [1, 1],
        [
          [1, 1],
          [1, 1],
        ],
        [5],
      ]),
    ).toEqual([
      [4, 4],
      [
        [4, 4],
        [4, 4],
      ],
      [6],
    ]);
  });

  it('runs row by row where it is fixed', async () => {
    expect(await serve(countingModel(1), [[1, 1], [[2, 2]]])).toEqual([[2, 2], [[3, 3]]]);
  });

  it.each([
    ['where the first dimension is a sequence', identityModel({ shape: ['sequence', 2] })],
    ['where first dimensions have different names', castModel('float32', 'float64', ['rows', 2])],
  ])('runs row by row %s', async (_, model) => {
    expect(
      await serve(model, [
        [[1, 2]],
        [
          [3, 4],
          [5, 6],
        ],
      ]),
    ).toEqual([
      [[1, 2]],
      [
        [3, 4],
        [5, 6],
      ],
    ]);
  });

  it('can be told not to stack', async () => {
    expect(await serve(countingModel(), [[1], [1]], { modelConfig: { base_handler: { stack: false } } })).toEqual([
      [2],
      [2],
    ]);
  });

  it('cannot be told to stack what is fixed', async () => {
    await expect(serve(countingModel(1), [[1]], { modelConfig: { base_handler: { stack: true } } })).rejects.toThrow(
      'base_handler.stack must be false, because the batch of "x" is fixed at 1',
    );
  });

  it('keeps a row that the model cannot compute from failing the others', async () => {
    const [good, bad, other] = await serve(gatherModel(), [1, 99, 2], {
      modelConfig: { onnx: { logSeverityLevel: 4 } },
    });
    expect([good, other]).toEqual([20, 30]);
    expect(bad).toBeInstanceOf(Error);
  });

  it('does nothing for no rows', async () => {
    expect(await serve(addOneModel(), [])).toEqual([]);
  });
});

/** y = what the nodes make of x, and of the constant [1, 2] called `shape`; float32 [?, ?], unless dimensions are given. */
function smallModel(nodes: readonly OnnxNode[], shape: readonly OnnxDim[] = [-1, -1]): Buffer {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', shape }],
    outputs: [{ name: 'y', type: 'float32', shape }],
    nodes,
    initializers: [{ name: 'shape', type: 'int64', dims: [2], bytes: int64Bytes([1, 2]) }],
  });
}

const TRANSPOSE = smallModel([{ op: 'Transpose', inputs: ['x'], outputs: ['y'] }]);
const CENTRE = smallModel([
  { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { axes: { ints: [0] } } },
  { op: 'Sub', inputs: ['x', 'mean'], outputs: ['y'] },
]);
/** Says that its batch is dynamic, but was exported with a batch of one. */
const RESHAPE_TO_ONE = smallModel([{ op: 'Reshape', inputs: ['x', 'shape'], outputs: ['y'] }], ['batch', 2]);

/** A runner of a model, and what can be seen of it: the number of rows of each of its runs, and its warnings. */
async function watchedRunner(model: Uint8Array, stacking: Stacking) {
  const modelDir = await modelFolder({ 'model.onnx': model });
  const session = await openSession(join(modelDir, 'model.onnx'), { logSeverityLevel: 4 });
  const runs: (number | undefined)[] = [];
  const warnings: unknown[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (...line: unknown[]) => void warnings.push(line) };
  const watched: typeof session = {
    ...session,
    run(inputs) {
      runs.push(inputs.x?.shape[0]);
      return session.run(inputs);
    },
  };
  return { runner: new BatchRunner(watched, stacking, logger), runs, warnings };
}

function oneRow(...values: number[]): ModelRow {
  return { inputs: { x: createTensor('float32', [1, values.length], values) }, length: 1, isItem: false };
}

async function valuesOf(runner: BatchRunner, rows: readonly ModelRow[]): Promise<unknown[]> {
  const outputs = await runner.run(rows);
  return outputs.map((output) => (output instanceof Error ? output : [...((output.y as Tensor).data as Float32Array)]));
}

describe('a model whose axes do not say that the first one is a batch', () => {
  it('gets the first rows that could be merged one by one and together; all later ones together', async () => {
    const { runner, runs, warnings } = await watchedRunner(addOneModel([-1, -1]), 'untried');
    for (const _ of [1, 2]) {
      expect(await valuesOf(runner, [oneRow(1, 2), oneRow(3), oneRow(4, 5)])).toEqual([[2, 3], [4], [5, 6]]);
    }
    expect(runs).toEqual([1, 1, 2, 1, 2, 1]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['turns its axes around', TRANSPOSE, [1, 2]],
    ['lets rows influence one another', CENTRE, [0, 0]],
  ])('runs them one by one for ever, when it %s', async (_, model, expected) => {
    const { runner, runs, warnings } = await watchedRunner(model, 'untried');
    for (const __ of [1, 2]) {
      expect(await valuesOf(runner, [oneRow(1, 2), oneRow(3, 4)])).toMatchObject([expected, { length: 2 }]);
    }
    expect(runs).toEqual([1, 1, 2, 1, 1]);
    expect(warnings).toMatchObject([
      [
        'the model does not take several rows together; from now on they run one by one',
        { reason: 'rows that go through the model together get other results than one by one' },
      ],
    ]);
  });

  it('is tried out again when one of its first rows fails', async () => {
    const rows = ([1, 99, 2] as const).map((index): ModelRow => {
      return { inputs: { index: createTensor('int64', [1], [BigInt(index)]) }, length: 1, isItem: false };
    });
    const { runner, runs, warnings } = await watchedRunner(gatherModel(), 'untried');
    await valuesOf(runner, rows);
    expect(runs).toHaveLength(3);
    await valuesOf(runner, [rows[0] as ModelRow, rows[2] as ModelRow]);
    expect(runs).toHaveLength(6);
    expect(warnings).toEqual([]);
  });
});

describe('a model that fails on a stack', () => {
  it('gets row by row from then on, when each row alone is right', async () => {
    const { runner, runs, warnings } = await watchedRunner(RESHAPE_TO_ONE, 'proven');
    for (const _ of [1, 2]) {
      expect(await valuesOf(runner, [oneRow(1, 2), oneRow(3, 4)])).toEqual([
        [1, 2],
        [3, 4],
      ]);
    }
    expect(runs).toEqual([2, 1, 1, 1, 1]);
    expect(warnings).toMatchObject([[expect.stringContaining('does not take several rows'), { reason: /Reshape/ }]]);
  });

  it('gets the next rows together all the same, when a row is to blame', async () => {
    const rows = [0, 99].map((index): ModelRow => {
      return { inputs: { index: createTensor('int64', [1], [BigInt(index)]) }, length: 1, isItem: false };
    });
    const { runner, runs } = await watchedRunner(gatherModel(), 'proven');
    expect(await valuesOf(runner, rows)).toEqual([[10], expect.any(Error)]);
    expect(await valuesOf(runner, [rows[0] as ModelRow, rows[0] as ModelRow])).toEqual([[10], [10]]);
    expect(runs).toHaveLength(4);
  });
});

describe('rows that cannot be merged', () => {
  it('are those whose inputs have batches of different sizes, which the model may broadcast', async () => {
    const one = [[1, 2]];
    const two = [
      [10, 20],
      [30, 40],
    ];
    const row = { sum: two.map(([a, b]) => [(a ?? 0) + 1, (b ?? 0) + 2]) };
    expect(
      await serve(sumAndDifferenceModel(), [
        { a: one, b: two },
        { a: two, b: one },
      ]),
    ).toMatchObject([row, row]);
  });

  it('are those of which one input of several has another shape', async () => {
    const shapes = [1, 2, 1, 3].map((width) => Array.from({ length: width }, (_, index) => width + index));
    const results = await serve(
      sumAndDifferenceModel(['batch', -1]),
      shapes.map((a) => ({ a, b: [1] })),
    );
    expect(results).toMatchObject(shapes.map((a) => ({ sum: a.map((value) => value + 1) })));
  });

  it('do not include those without elements', async () => {
    expect(await serve(gatherModel(), [[], [2], 1, []])).toEqual([[], [30], 20, []]);
  });
});
