import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxDim,
  type OnnxNode,
} from '../../../../test/fixtures/onnx-builder.ts';
import { addOneModel, castModel, gatherModel, sumAndDifferenceModel } from '../../../../test/fixtures/onnx-models.ts';
import { openSession } from '../onnx/onnx-session.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { serve } from '../test-support/serve.ts';
import { createTensor, type Tensor } from '../tensor/tensor.ts';
import { BatchRunner } from './batch-runner.ts';
import type { ModelRow } from './row-form.ts';
import type { MergePlan } from './merge-plan.ts';

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

const ASKED = { modelConfig: { base_handler: { stack: true } } };

describe('batching', () => {
  it('stacks rows of one shape where it is told to, and takes their results apart', async () => {
    const rows = [
      [1, 1],
      [
        [1, 1],
        [1, 1],
      ],
      [5],
    ];
    expect(await serve(countingModel(), rows, ASKED)).toEqual([
      [4, 4],
      [
        [4, 4],
        [4, 4],
      ],
      [6],
    ]);
  });

  it('never lets a row know how many others there are, unless it is told to', async () => {
    expect(await serve(countingModel(), [[1, 1], [1, 1], [5]])).toEqual([[2, 2], [2, 2], [6]]);
  });

  it('runs row by row where the batch is fixed', async () => {
    expect(await serve(countingModel(1), [[1, 1], [[2, 2]]])).toEqual([[2, 2], [[3, 3]]]);
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
const LEAN = smallModel([
  { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { axes: { ints: [0] } } },
  { op: 'Add', inputs: ['x', 'mean'], outputs: ['y'] },
]);
/** y = x less the mean of all rows, when the largest of all numbers is above 100; else x. */
const CENTRE_WHEN_LARGE = buildModel({
  inputs: [{ name: 'x', type: 'float32', shape: [-1, -1] }],
  outputs: [{ name: 'y', type: 'float32', shape: [-1, -1] }],
  nodes: [
    { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { axes: { ints: [0] } } },
    { op: 'Sub', inputs: ['x', 'mean'], outputs: ['centred'] },
    { op: 'ReduceMax', inputs: ['x'], outputs: ['largest'], attributes: { keepdims: { int: 1 } } },
    { op: 'Greater', inputs: ['largest', 'hundred'], outputs: ['isLarge'] },
    { op: 'Where', inputs: ['isLarge', 'centred', 'x'], outputs: ['y'] },
  ],
  initializers: [{ name: 'hundred', type: 'float32', dims: [], bytes: floatBytes([100]) }],
});
/** Says that its batch is dynamic, but was exported with a batch of one. */
const RESHAPE_TO_ONE = smallModel([{ op: 'Reshape', inputs: ['x', 'shape'], outputs: ['y'] }], ['batch', 2]);

/** A runner of a model, and what can be seen of it: the number of rows of each of its runs, and what it tells. */
async function watchedRunner(model: Uint8Array, start: MergePlan['start']) {
  const modelDir = await modelFolder({ 'model.onnx': model });
  const session = await openSession(join(modelDir, 'model.onnx'), { logSeverityLevel: 4 });
  const runs: (number | undefined)[] = [];
  const told: unknown[] = [];
  const watched: typeof session = {
    ...session,
    run(inputs) {
      runs.push((inputs.x ?? inputs.index)?.shape[0]);
      return session.run(inputs);
    },
  };
  const plan = { start, reason: 'Odd "node"', itemOutputs: new Set<string>() };
  return { runner: new BatchRunner(watched, plan, (merging) => told.push(merging)), runs, told };
}

function oneRow(...values: number[]): ModelRow {
  return { inputs: { x: createTensor('float32', [1, values.length], values) }, length: 1, isItem: false };
}

async function valuesOf(runner: BatchRunner, rows: readonly ModelRow[]): Promise<unknown[]> {
  const outputs = await runner.run(rows);
  return outputs.map((output) => (output instanceof Error ? output : [...((output.y as Tensor).data as Float32Array)]));
}

describe('large rows that may be merged', () => {
  it('are run in both ways until one is known to be quicker, unless somebody asked for one; with the same answers', async () => {
    const rows = [1, 2, 3].map((first) => oneRow(...Array.from({ length: 20_000 }, (_, place) => first + place)));
    const expected = rows.map(({ inputs }) => Array.from(inputs.x?.data as Float32Array, (value) => value + 1));
    for (const start of ['proven', 'asked'] as const) {
      const { runner, runs } = await watchedRunner(addOneModel([-1, -1]), start);
      for (let batch = 0; batch < 12; batch += 1) expect(await valuesOf(runner, rows)).toEqual(expected);
      expect(new Set(runs)).toEqual(new Set(start === 'proven' ? [3, 1] : [3]));
    }
  });
});

describe('a model whose graph cannot tell whether rows touch each other', () => {
  const different = [oneRow(1, 2), oneRow(3, 4), oneRow(5, 6.5)];
  const expected = [
    [2, 3],
    [4, 5],
    [6, 7.5],
  ];

  it('merges rows after five trials on rows that differ, each in several compositions', async () => {
    const { runner, runs, told } = await watchedRunner(addOneModel([-1, -1]), 'untried');
    for (let trial = 0; trial < 5; trial += 1) expect(await valuesOf(runner, different)).toEqual(expected);
    expect(runs.splice(0)).toEqual(Array.from({ length: 5 }, () => [1, 1, 1, 3, 3, 2]).flat());
    expect(await valuesOf(runner, different)).toEqual(expected);
    // One of the first rows that are merged is checked again.
    expect(runs).toEqual([3, 1]);
    expect(told).toEqual([{ apart: 'Odd "node" is unknown; it takes 5 trials that agree' }, { merged: 'tried' }]);
  });

  it.each([
    ['identical rows', [oneRow(1, 2), oneRow(1, 2), oneRow(1, 2)]],
    ['zeros', [oneRow(0, 0), oneRow(1, 2)]],
    ['rows of one number', [oneRow(1, 1), oneRow(2, 2)]],
  ])('learns nothing from %s', async (_, rows) => {
    const { runner, runs, told } = await watchedRunner(addOneModel([-1, -1]), 'untried');
    for (let batch = 0; batch < 20; batch += 1) await runner.run(rows);
    expect(new Set(runs)).toEqual(new Set([1]));
    expect(told).toHaveLength(1);
  });

  it('learns nothing from rows with one and the same answer', async () => {
    const { runner, runs } = await watchedRunner(castModel('float32', 'bool', [-1, -1]), 'untried');
    for (let batch = 0; batch < 20; batch += 1) await runner.run([oneRow(1, 2), oneRow(3, 4)]);
    expect(new Set(runs)).toEqual(new Set([1]));
  });

  it.each([
    ['turns its axes around', TRANSPOSE],
    ['lets rows influence one another', LEAN],
  ])('runs rows one by one for ever, when it %s', async (_, model) => {
    const { runner, runs, told } = await watchedRunner(model, 'untried');
    const alone = [(await valuesOf(runner, [oneRow(1, 2)]))[0], (await valuesOf(runner, [oneRow(3, 5)]))[0]];
    runs.length = 0;
    for (let batch = 0; batch < 3; batch += 1)
      expect(await valuesOf(runner, [oneRow(1, 2), oneRow(3, 5)])).toEqual(alone);
    expect(told.at(-1)).toEqual({ apart: 'rows that go through the model together get other results than one by one' });
    expect(runs.slice(-4)).toEqual([1, 1, 1, 1]);
  });

  it('notices later, when trials did not bring it to light, and answers with the row alone', async () => {
    // Rows are centred only when one of them is large.
    const { runner, told } = await watchedRunner(CENTRE_WHEN_LARGE, 'untried');
    for (let trial = 0; trial < 5; trial += 1) await runner.run(different);
    expect(told.at(-1)).toEqual({ merged: 'tried' });
    const large = [oneRow(1000, 2), oneRow(3, 4)];
    // One row of the first batch that is merged is checked, another one of the second.
    for (let batch = 0; batch < 2; batch += 1) await runner.run(large);
    expect(told.at(-1)).toMatchObject({ apart: expect.stringContaining('other results') as string });
    const [first, second] = [await valuesOf(runner, [oneRow(1000, 2)]), await valuesOf(runner, [oneRow(3, 4)])];
    expect(await valuesOf(runner, large)).toEqual([...first, ...second]);
  });

  it('is tried out again when one of its first rows fails', async () => {
    const rows = ([1, 99, 2] as const).map((index): ModelRow => {
      return { inputs: { index: createTensor('int64', [1], [BigInt(index)]) }, length: 1, isItem: false };
    });
    const { runner, runs, told } = await watchedRunner(gatherModel(), 'untried');
    await valuesOf(runner, rows);
    expect(runs).toEqual([1, 1, 1]);
    await valuesOf(runner, [rows[0] as ModelRow, rows[2] as ModelRow]);
    expect(runs).toEqual([1, 1, 1, 1, 1, 2, 2]);
    expect(told).toHaveLength(1);
  });
});

describe('a model that fails on a stack', () => {
  it('gets row by row from then on, when each row alone is right', async () => {
    const { runner, runs, told } = await watchedRunner(RESHAPE_TO_ONE, 'asked');
    for (const _ of [1, 2]) {
      expect(await valuesOf(runner, [oneRow(1, 2), oneRow(3, 4)])).toEqual([
        [1, 2],
        [3, 4],
      ]);
    }
    expect(runs).toEqual([2, 1, 1, 1, 1]);
    expect(told).toMatchObject([{ merged: 'asked' }, { apart: expect.stringContaining('Reshape') as string }]);
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
