import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildModel, type OnnxDim } from '../../../../test/fixtures/onnx-builder.ts';
import { addOneModel, castModel, gatherModel, identityModel } from '../../../../test/fixtures/onnx-models.ts';
import { isStackable } from './batch-runner.ts';
import { openSession } from '../onnx-session.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { serve } from '../test-support/serve.ts';

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

/** y = x; the first dimensions of input and output have names of their own. */
function renamingModel(input: OnnxDim, output: OnnxDim): Buffer {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: [input, 1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [output, 1] }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });
}

describe('isStackable', () => {
  it.each<[OnnxDim, OnnxDim, boolean]>([
    ['batch', 'batch', true],
    [-1, -1, true],
    ['batch', -1, true],
    ['unk__1', 'unk__2', true],
    ['N', 'Gemmoutput_dim_0', true],
    ['rows', 'columns', false],
    ['sequence', 'sequence', false],
    [1, 1, false],
    ['batch', 1, false],
  ])('for first dimensions %s and %s: %s', async (input, output, expected) => {
    const modelDir = await modelFolder({ 'model.onnx': renamingModel(input, output) });
    const session = await openSession(join(modelDir, 'model.onnx'), { logSeverityLevel: 4 });
    expect(isStackable(session.signature)).toBe(expected);
  });
});

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
